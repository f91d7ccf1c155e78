import type { Guard } from '@reeve/kernel';
import {
  encryptionStatus,
  rotateEncryption,
  type EncryptionRotation,
  type EncryptionStatus,
} from '../api/encryption.ts';
import { bind, type BoundOperation, type Call, type ConsequentialHandler } from '../operations/index.ts';
import { countByKey } from './count-values.ts';
import type { KeyRotation, RotationComponents } from './rotation.ts';
import { insertRotation, newestRotation, type RotationRow } from './store/rotations.ts';

export interface EncryptionComponents extends RotationComponents {
  readonly rotation: KeyRotation;
}

export function encryptionOperations(components: EncryptionComponents): readonly BoundOperation[] {
  return [
    bind(encryptionStatus, (_, call) => statusOf(components, call.signal)),
    bind(rotateEncryption, rotateHandler(components)),
  ];
}

async function statusOf(
  { database, columns, keys }: RotationComponents,
  signal: AbortSignal,
): Promise<EncryptionStatus> {
  const counts = await countByKey(database, columns, signal);
  const ids = new Set([...keys.ids, ...counts.keys()]);
  const newest = await newestRotation(database);
  return {
    activeKey: keys.active.id,
    keys: [...ids].map((id) => ({ id, values: counts.get(id) ?? 0, role: roleOf(id, counts.get(id) ?? 0) })),
    ...(newest && { rotation: faceOf(newest) }),
  };

  function roleOf(id: string, values: number): EncryptionStatus['keys'][number]['role'] {
    if (id === keys.active.id) return 'active';
    if (keys.find(id) === undefined) return 'missing';
    return values === 0 ? 'droppable' : 'needed';
  }
}

type Context = { readonly call: Call };

function rotateHandler(components: EncryptionComponents): ConsequentialHandler<typeof rotateEncryption> {
  const { database, rotation } = components;
  return {
    async plan(_, call) {
      const { activeKey, keys } = await statusOf(components, call.signal);
      const older = keys.filter(({ role }) => role === 'needed');
      const count = older.reduce((sum, { values }) => sum + values, 0);
      const note = `under ${activeKey}, the active key`;
      return {
        effects: [{ verb: 'reseal', target: 'value', count, atMost: Number.MAX_SAFE_INTEGER, note }],
        evidence: { keys },
      };
    },
    guards: [everyKeyIsThere(components), noneUnderWay(components)],
    async run(_, call) {
      const row = rotation.begin();
      const face = faceOf(row);
      const events = [
        {
          type: 'encryption.rotating',
          tenant: call.caller.tenant,
          subject: `rotation:${row.id}`,
          data: { toKey: row.to_key },
        },
      ];
      await call.commit({ statements: [insertRotation(row)], events }, face, { target: row.id });
      rotation.goOn(row);
      return face;
    },
    async verify({ id }) {
      const newest = await newestRotation(database);
      return { ok: newest?.id === id, checked: 'the rotation is on record', evidence: { newest: newest?.id ?? null } };
    },
  };
}

/** A value under a key that is not in the chain cannot be sealed anew: that is to be mended first. */
function everyKeyIsThere(components: RotationComponents): Guard<Context> {
  const limit = { valuesWithoutKey: 0 };
  return {
    name: 'every-key-is-there',
    limit,
    async evaluate({ call }) {
      const { keys } = await statusOf(components, call.signal);
      const lost = keys.filter(({ role }) => role === 'missing');
      const valuesWithoutKey = lost.reduce((sum, { values }) => sum + values, 0);
      const message =
        lost.length === 0
          ? 'every value can be opened'
          : `keys that are missing: ${lost.map(({ id }) => id || 'none').join(', ')}`;
      return { verdict: lost.length === 0 ? 'pass' : 'deny', measured: { valuesWithoutKey }, limit, message };
    },
  };
}

function noneUnderWay({ database }: RotationComponents): Guard<Context> {
  const limit = { rotationsUnderWay: 0 };
  return {
    name: 'no-rotation-under-way',
    limit,
    async evaluate() {
      const running = (await newestRotation(database))?.state === 'running';
      const message = running ? 'another rotation has not ended yet' : 'no other rotation runs';
      return { verdict: running ? 'deny' : 'pass', measured: { rotationsUnderWay: running ? 1 : 0 }, limit, message };
    },
  };
}

function faceOf(row: RotationRow): EncryptionRotation {
  return {
    id: row.id,
    toKey: row.to_key,
    state: row.state,
    lookedAt: row.looked_at,
    resealed: row.resealed,
    unreadable: row.unreadable,
    startedAtMs: row.started_at_ms,
    ...(row.finished_at_ms === null ? {} : { finishedAtMs: row.finished_at_ms }),
  };
}
