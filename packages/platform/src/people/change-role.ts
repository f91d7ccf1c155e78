import { GuardDenied } from '@reeve/kernel';
import type { changeRole as definition } from '../api/users.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { ConsequentialHandler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { anOwnerRemains } from './owner-remains.ts';
import { setRole } from './store/users.ts';
import { userFace } from './user-face.ts';
import { assertWithin, openLogins, visibleUser } from './visible-user.ts';

/** Gives a person another role; it holds from their next request on. */
export function changeRoleHandler(parts: PeopleParts): ConsequentialHandler<typeof definition> {
  const { register } = parts;
  return {
    async plan({ id, role }, call) {
      const user = visibleUser(parts, id, call);
      assertWithin(call, user.role);
      assertWithin(call, role);
      const count = user.role === role ? 0 : 1;
      return {
        effects: [
          { verb: 'change', target: 'role', id, count, atMost: 1, note: `${user.name}: ${user.role} to ${role}` },
        ],
        evidence: { logins: openLogins(parts, id) },
      };
    },
    guards: [anOwnerRemains(parts, ({ role }) => role === 'owner')],
    async run({ id, role }, call) {
      const user = visibleUser(parts, id, call);
      if (user.role === role) return userFace(user);
      const changed = { ...user, role };
      const face = userFace(changed);
      const data = { name: user.name, from: user.role, to: role };
      const events = [{ type: 'user.role_changed', tenant: user.tenant, subject: `user:${id}`, data }];
      try {
        const statements = [{ ...setRole(id, user.role, role), expectRows: 1 }];
        await call.commit({ statements, events }, face, { target: `user:${id}`, details: data });
      } catch (error) {
        if (!ExpectationFailed.is(error)) throw error;
        throw GuardDenied.error('somebody else changed a role at the same moment; look again');
      }
      register.putUser(changed);
      return face;
    },
    async verify({ role }, { id }) {
      const now = register.user(id)?.role;
      return { ok: now === role, checked: 'the person has the role', evidence: { role: now ?? 'none' } };
    },
  };
}
