import { Forbidden } from '@reeve/kernel';
import type { endSession as endDefinition, showSelf, stepUpSession } from '../api/sessions.ts';
import type { Call, Handler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { hasAuthenticator } from './log-in.ts';
import { endSession, stepSessionUp } from './store/sessions.ts';
import type { SessionRow, UserRow } from './store/tables.ts';
import { codeFailure, usedCode } from './use-code.ts';

export interface Own {
  readonly user: UserRow;
  readonly session: SessionRow;
}

/** The person who calls, and their login. @throws Forbidden for an API key: it is nobody's login. */
export function ownOf({ register }: PeopleParts, { caller }: Call): Own {
  const session = caller.person && register.session(caller.person.sessionId);
  const user = session && register.user(session.user_id);
  if (session && user) return { session, user };
  throw Forbidden.error('this is for people who have logged in, and an API key is none; log in with `reeve login`');
}

/** Shows who has logged in. */
export function showSelfHandler(parts: PeopleParts): Handler<typeof showSelf> {
  return async (_, call) => {
    const { user } = ownOf(parts, call);
    const { permissions, person } = call.caller;
    return {
      id: user.id,
      name: user.name,
      tenant: user.tenant,
      role: user.role,
      permissions: [...permissions],
      authenticator: hasAuthenticator(user),
      mustReplacePassword: user.password_is_own === 0,
      steppedUp: person!.steppedUp,
    };
  };
}

/** Ends the login of the caller. */
export function logOutHandler(parts: PeopleParts): Handler<typeof endDefinition> {
  return async (_, call) => {
    const { session, user } = ownOf(parts, call);
    const nowMs = parts.clock.nowMs();
    const answer = { ended: true as const };
    await call.commit({ statements: [endSession(session.id, nowMs, 'logout')] }, answer, { target: `user:${user.id}` });
    parts.register.putSession({ ...session, ended_at_ms: nowMs, end_reason: 'logout' });
    return answer;
  };
}

/** A code of the authenticator, for acts with consequences. */
export function stepUpHandler(parts: PeopleParts): Handler<typeof stepUpSession> {
  const { register, steady, settings } = parts;
  return async ({ code }, call) => {
    const { session, user } = ownOf(parts, call);
    const used = usedCode(parts, user, code);
    const nowMs = steady.nowMs();
    const answer = { validForMs: settings.stepUpTtlMs };
    const statements = [used.statement, { ...stepSessionUp(session.id, nowMs), expectRows: 1 }];
    try {
      await call.commit({ statements }, answer, { target: `user:${user.id}` });
    } catch (error) {
      throw codeFailure(error);
    }
    register.putUser(used.user);
    register.putSession({ ...register.session(session.id)!, stepped_up_at_ms: nowMs });
    return answer;
  };
}
