import { InvalidInput } from '@reeve/kernel';
import type { resetPassword as definition } from '../api/users.ts';
import type { ConsequentialHandler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { personIdentity } from './identity.ts';
import { hashPassword, oneTimePassword } from './password.ts';
import { endSession } from './store/sessions.ts';
import { forgetAuthenticator, setPassword } from './store/users.ts';
import { userFace } from './user-face.ts';
import { assertWithin, openLogins, visibleUser } from './visible-user.ts';

/** Gives somebody who cannot log in any more a password that they have to replace, and ends all their logins. */
export function resetPasswordHandler(parts: PeopleParts): ConsequentialHandler<typeof definition> {
  const { register, clock } = parts;
  return {
    async plan({ id, forgetAuthenticator: forget }, call) {
      const user = visibleUser(parts, id, call);
      assertWithin(call, user.role);
      if (call.caller.identity === personIdentity + id)
        throw InvalidInput.error('this is you: replace your own password with users.changePassword');
      const password = {
        verb: 'replace',
        target: 'password',
        id,
        count: 1,
        atMost: 1,
        note: `${user.name}, ${user.role}`,
      };
      const authenticator = { verb: 'forget', target: 'authenticator', id, count: 1, atMost: 1, note: user.name };
      return {
        effects: forget ? [password, authenticator] : [password],
        evidence: { logins: openLogins(parts, id) },
      };
    },
    guards: [],
    async run({ id, forgetAuthenticator: forget }, call) {
      const user = visibleUser(parts, id, call);
      const password = oneTimePassword();
      const hash = await hashPassword(password);
      const nowMs = clock.nowMs();
      const forgotten = forget ? { totp_seed: null, totp_confirmed_at_ms: null } : {};
      const changed = { ...user, password_hash: hash, password_is_own: 0 as const, ...forgotten };
      const face = userFace(changed);
      const sessions = register.sessionsOf(id);
      const statements = [
        setPassword(id, hash, 0),
        ...(forget ? [forgetAuthenticator(id)] : []),
        ...sessions.map((session) => endSession(session.id, nowMs, 'password')),
      ];
      const data = { name: user.name, authenticatorForgotten: forget };
      const events = [{ type: 'user.password_reset', tenant: user.tenant, subject: `user:${id}`, data }];
      // The answer that is kept for the idempotency key is the one without the password.
      await call.commit({ statements, events }, face, { target: `user:${id}`, details: data });
      register.putUser(changed);
      for (const session of sessions) register.putSession({ ...session, ended_at_ms: nowMs, end_reason: 'password' });
      return { ...face, password };
    },
    async verify({ state }, { id }) {
      const open = openLogins(parts, id);
      const ok = open === 0 && state !== 'active';
      return { ok, checked: 'the password has to be replaced, and no login is left', evidence: { openLogins: open } };
    },
  };
}
