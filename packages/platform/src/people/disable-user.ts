import { GuardDenied } from '@reeve/kernel';
import type { disableUser as definition } from '../api/users.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { ConsequentialHandler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { anOwnerRemains } from './owner-remains.ts';
import { endSession } from './store/sessions.ts';
import { disableUser } from './store/users.ts';
import { userFace } from './user-face.ts';
import { openLogins, visibleUser } from './visible-user.ts';

export function disableUserHandler(parts: PeopleParts): ConsequentialHandler<typeof definition> {
  const { register, clock } = parts;
  return {
    async plan({ id }, call) {
      const { name, role, disabled_at_ms: disabledAtMs } = visibleUser(parts, id, call);
      const count = disabledAtMs === null ? 1 : 0;
      return {
        effects: [{ verb: 'disable', target: 'user', id, count, atMost: 1, note: `${name}, ${role}` }],
        evidence: { logins: openLogins(parts, id) },
      };
    },
    guards: [anOwnerRemains(parts, () => false)],
    async run({ id }, call) {
      const user = visibleUser(parts, id, call);
      if (user.disabled_at_ms !== null) return userFace(user);
      const disabled = { ...user, disabled_at_ms: clock.nowMs() };
      const face = userFace(disabled);
      const sessions = register.sessionsOf(id);
      const ends = sessions.map((session) => endSession(session.id, disabled.disabled_at_ms, 'disabled'));
      const statements = [{ ...disableUser(id, disabled.disabled_at_ms), expectRows: 1 }, ...ends];
      const events = [{ type: 'user.disabled', tenant: user.tenant, subject: `user:${id}`, data: { name: user.name } }];
      try {
        await call.commit({ statements, events }, face, { target: `user:${id}` });
      } catch (error) {
        if (!ExpectationFailed.is(error)) throw error;
        throw GuardDenied.error('another owner was disabled at the same moment; this one is the last');
      }
      register.putUser(disabled);
      for (const session of sessions)
        register.putSession({ ...session, ended_at_ms: disabled.disabled_at_ms, end_reason: 'disabled' });
      return face;
    },
    async verify({ id }) {
      const user = register.user(id);
      const open = openLogins(parts, id);
      const ok = user !== undefined && user.disabled_at_ms !== null && open === 0;
      return { ok, checked: 'the person is disabled and no login is left', evidence: { openLogins: open } };
    },
  };
}
