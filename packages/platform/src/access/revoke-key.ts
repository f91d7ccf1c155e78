import { GuardDenied, type Guard, type InputOf } from '@reeve/kernel';
import type { revokeKey } from '../api/keys.ts';
import { ExpectationFailed } from '../database/index.ts';
import type { Call, ConsequentialHandler } from '../operations/index.ts';
import { visibleKey, type KeyComponents } from './key-components.ts';
import { keyFace } from './key-face.ts';
import { findKeyRecord, managesKeys, revokeKeyRow, revokeManagingKey } from './store/keys.ts';

type Input = InputOf<typeof revokeKey>;

/** There is no way back: a key that may be in the wrong hands must not be let in again because a check failed. */
export function revokeKeyHandler(components: KeyComponents): ConsequentialHandler<typeof revokeKey> {
  const { access, database, clock } = components;
  return {
    async plan({ id }, call) {
      const record = visibleKey(components, id, call);
      const { name, tenant, state, lastUsedAtMs = null } = keyFace(record, clock.nowMs());
      const count = state === 'revoked' ? 0 : 1;
      return {
        effects: [{ verb: 'revoke', target: 'key', id, count, atMost: 1, note: `${name} of ${tenant}` }],
        evidence: { state, lastUsedAtMs },
      };
    },
    guards: [keyManagersRemain(components)],
    async run({ id }, call) {
      const record = visibleKey(components, id, call);
      if (record.revokedAtMs !== null) return keyFace(record, clock.nowMs());
      const nowMs = clock.nowMs();
      const revoked = { ...record, revokedAtMs: nowMs };
      const face = keyFace(revoked, nowMs);
      const statement = managesKeys(record.permissions) > 0 ? revokeManagingKey(id, nowMs) : revokeKeyRow(id, nowMs);
      const events = [
        { type: 'key.revoked', tenant: record.tenant, subject: `key:${id}`, data: { name: record.name } },
      ];
      try {
        await call.commit({ statements: [{ ...statement, expectRows: 1 }], events }, face, { target: id });
      } catch (error) {
        if (!ExpectationFailed.is(error)) throw error;
        const stored = await findKeyRecord(database, id);
        if (stored && stored.revokedAtMs !== null) return keyFace(stored, nowMs);
        throw GuardDenied.error('another key was revoked at the same moment; this one is the last that manages keys');
      }
      access.keys.remember(revoked);
      return face;
    },
    async verify({ id }) {
      const stored = await findKeyRecord(database, id);
      const letIn = access.keys.holds(id);
      return {
        ok: stored?.revokedAtMs !== null && stored !== undefined && !letIn,
        checked: 'the key no longer authenticates',
        evidence: { storedAsRevoked: stored?.revokedAtMs !== null, letIn },
      };
    },
  };
}

type GuardContext = { readonly input: Input; readonly call: Call };

/** Without it, one revocation could leave a system, or a tenant, that nobody can ever make a key for again. */
function keyManagersRemain(components: KeyComponents): Guard<GuardContext> {
  const limit = { otherKeysThatManageKeys: 1 };
  return {
    name: 'key-managers-remain',
    limit,
    evaluate({ input, call }) {
      const record = visibleKey(components, input.id, call);
      if (managesKeys(record.permissions) === 0 || !components.access.keys.holds(record.id))
        return { verdict: 'pass', measured: { managesKeys: false }, limit, message: 'this key manages no keys' };
      const others = components.access.keys.otherManagersOf(record);
      const verdict = others >= limit.otherKeysThatManageKeys ? 'pass' : 'deny';
      const message =
        verdict === 'pass'
          ? `${others} other keys manage keys`
          : 'it is the last key that manages keys; create another first';
      return { verdict, measured: { otherKeysThatManageKeys: others }, limit, message };
    },
  };
}
