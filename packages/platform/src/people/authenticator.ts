import type { confirmTotp, enrolTotp } from '../api/sessions.ts';
import type { Handler } from '../operations/index.ts';
import { StepUpRequired } from '../api/errors.ts';
import { CodeRefused } from './errors.ts';
import type { PeopleParts } from './components.ts';
import { hasAuthenticator } from './log-in.ts';
import { ownOf } from './own-session.ts';
import { stepSessionUp } from './store/sessions.ts';
import { readUser, setSeed } from './store/users.ts';
import { newSeed, seedUri } from './totp.ts';
import { codeFailure, usedCode } from './use-code.ts';

/** A new seed for the caller's authenticator; who has one shows a code of it first, or a stolen login could replace it. */
export function enrolHandler(parts: PeopleParts): Handler<typeof enrolTotp> {
  return async (_, call) => {
    const { user } = ownOf(parts, call);
    if (hasAuthenticator(user) && !call.caller.person!.steppedUp)
      throw StepUpRequired.error('an authenticator is enrolled; show a code of it before you replace it');
    const seed = newSeed();
    await call.commit({ statements: [setSeed(user.id, seed)] }, {}, { target: `user:${user.id}` });
    parts.register.putUser(await readUser(parts.database, user.id));
    return { seed, uri: seedUri(seed, user.name) };
  };
}

/** The first code of a new authenticator; from then on logins need one. */
export function confirmHandler(parts: PeopleParts): Handler<typeof confirmTotp> {
  const { register, steady, settings } = parts;
  return async ({ code }, call) => {
    const { session, user } = ownOf(parts, call);
    if (user.totp_seed === null || hasAuthenticator(user))
      throw CodeRefused.error('no authenticator waits for its first code; enrol one first');
    const used = usedCode(parts, user, code);
    const nowMs = steady.nowMs();
    const answer = { validForMs: settings.stepUpTtlMs };
    try {
      const statements = [used.statement, { ...stepSessionUp(session.id, nowMs), expectRows: 1 }];
      await call.commit({ statements }, answer, { target: `user:${user.id}` });
    } catch (error) {
      throw codeFailure(error);
    }
    register.putUser(used.user);
    register.putSession({ ...register.session(session.id)!, stepped_up_at_ms: nowMs });
    return answer;
  };
}
