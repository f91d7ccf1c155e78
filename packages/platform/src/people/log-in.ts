import { uuidv7 } from '@reeve/kernel';
import type { createSession } from '../api/sessions.ts';
import type { Handler } from '../operations/index.ts';
import { CodeRequired, LoginRefused } from './errors.ts';
import type { PeopleParts } from './components.ts';
import { issueTokens, sessionFace } from './issue-tokens.ts';
import { isPassword } from './password.ts';
import { insertSession } from './store/sessions.ts';
import type { SessionRow, UserRow } from './store/tables.ts';
import { codeFailure, usedCode } from './use-code.ts';

/** Begins a login with name and password, and with a code where an authenticator is enrolled. */
export function logInHandler(parts: PeopleParts): Handler<typeof createSession> {
  const { register } = parts;
  return async ({ name, password, code }, call) => {
    const user = await personOf(parts, name, password);
    const used = hasAuthenticator(user) ? usedCode(parts, user, codeOf(code)) : undefined;
    const session = newSession(parts, user, used !== undefined);
    const face = sessionFace(parts, session, user);
    const statements = [{ ...insertSession(session), expectRows: 1 }, ...(used ? [used.statement] : [])];
    try {
      await call.commit({ statements }, face, { target: `user:${user.id}`, details: { session: session.id } });
    } catch (error) {
      throw codeFailure(error);
    }
    if (used) register.putUser(used.user);
    register.putSession(session);
    return { ...face, ...(await issueTokens(parts, session)) };
  };
}

/** @throws RateLimited, LoginRefused: the same for a name that is not there and a password that is wrong. */
async function personOf({ register, attempts }: PeopleParts, name: string, password: string): Promise<UserRow> {
  attempts.take('password', name);
  const user = register.named(name);
  const isRight = await isPassword(password, user?.password_hash);
  if (user && isRight && user.disabled_at_ms === null) return user;
  throw LoginRefused.error('the name or the password is not right');
}

function codeOf(code: string | undefined): string {
  if (code === undefined) throw CodeRequired.error('this person logs in with a code too');
  return code;
}

export function hasAuthenticator({ totp_confirmed_at_ms: confirmedAtMs }: UserRow): boolean {
  return confirmedAtMs !== null;
}

function newSession({ clock, steady, settings }: PeopleParts, user: UserRow, steppedUp: boolean): SessionRow {
  const nowMs = steady.nowMs();
  return {
    id: uuidv7(clock.nowMs()),
    user_id: user.id,
    generation: 0,
    created_at_ms: nowMs,
    expires_at_ms: nowMs + settings.refreshTtlMs,
    stepped_up_at_ms: steppedUp ? nowMs : null,
    ended_at_ms: null,
    end_reason: null,
  };
}
