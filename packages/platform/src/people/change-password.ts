import { InvalidInput } from '@reeve/kernel';
import type { changePassword } from '../api/users.ts';
import type { Handler } from '../operations/index.ts';
import { LoginRefused } from './errors.ts';
import type { PeopleParts } from './components.ts';
import { ownOf } from './own-session.ts';
import { hashPassword, isPassword } from './password.ts';
import { endSession } from './store/sessions.ts';
import { setPassword } from './store/users.ts';
import { userFace } from './user-face.ts';

/** Replaces the password of the caller, and ends the other logins: one of them may be whoever knew the old one. */
export function changePasswordHandler(parts: PeopleParts): Handler<typeof changePassword> {
  const { register, attempts, clock } = parts;
  return async ({ password, newPassword }, call) => {
    const { user, session } = ownOf(parts, call);
    attempts.take('password', user.name);
    if (!(await isPassword(password, user.password_hash)))
      throw LoginRefused.error('the present password is not right');
    if (password === newPassword)
      throw InvalidInput.error('the new password is the old one', {
        issues: [{ path: ['newPassword'], message: 'must be another one' }],
      });
    const hash = await hashPassword(newPassword);
    const nowMs = clock.nowMs();
    const changed = { ...user, password_hash: hash, password_is_own: 1 as const };
    const others = register.sessionsOf(user.id).filter(({ id }) => id !== session.id);
    const statements = [setPassword(user.id, hash, 1), ...others.map(({ id }) => endSession(id, nowMs, 'password'))];
    const face = userFace(changed);
    await call.commit({ statements }, face, { target: `user:${user.id}` });
    register.putUser(changed);
    for (const other of others) register.putSession({ ...other, ended_at_ms: nowMs, end_reason: 'password' });
    return face;
  };
}
