import { GuardDenied, NotFound, type Guard } from '@reeve/kernel';
import type { disableUser as definition } from '../api/users.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { Call, ConsequentialHandler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { endSession } from './store/sessions.ts';
import type { UserRow } from './store/tables.ts';
import { disableUser } from './store/users.ts';
import { userFace } from './user-face.ts';

export function disableUserHandler(parts: PeopleParts): ConsequentialHandler<typeof definition> {
  const { register, clock } = parts;
  return {
    async plan({ id }, call) {
      const { name, role, disabled_at_ms: disabledAtMs } = visible(parts, id, call);
      const logins = register.sessionsOf(id).filter((session) => session.ended_at_ms === null).length;
      const count = disabledAtMs === null ? 1 : 0;
      return {
        effects: [{ verb: 'disable', target: 'user', id, count, atMost: 1, note: `${name}, ${role}` }],
        evidence: { logins },
      };
    },
    guards: [anOwnerRemains(parts)],
    async run({ id }, call) {
      const user = visible(parts, id, call);
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
      const open = register.sessionsOf(id).filter((session) => session.ended_at_ms === null).length;
      const ok = user !== undefined && user.disabled_at_ms !== null && open === 0;
      return { ok, checked: 'the person is disabled and no login is left', evidence: { openLogins: open } };
    },
  };
}

/** @throws NotFound for somebody of another tenant as for nobody. */
function visible({ register }: PeopleParts, id: string, call: Call): UserRow {
  const user = register.user(id);
  if (user && (user.tenant === call.caller.tenant || call.may('tenants:any'))) return user;
  throw NotFound.error(`there is no person ${id}`);
}

/** Without an owner nobody could ever make one again. */
function anOwnerRemains(parts: PeopleParts): Guard<{ readonly input: { readonly id: string }; readonly call: Call }> {
  const limit = { otherOwners: 1 };
  return {
    name: 'an-owner-remains',
    limit,
    evaluate({ input, call }) {
      const { role } = visible(parts, input.id, call);
      const owners = parts.register.users().filter((user) => user.role === 'owner' && user.disabled_at_ms === null);
      const others = owners.filter(({ id }) => id !== input.id).length;
      const ok = role !== 'owner' || others >= limit.otherOwners;
      const message = ok ? 'somebody who may everything remains' : 'this is the last owner; create another first';
      return { verdict: ok ? 'pass' : 'deny', measured: { role, otherOwners: others }, limit, message };
    },
  };
}
