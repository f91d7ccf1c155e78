import { defineOperation, EpochMs } from '@reeve/kernel';
import { z } from 'zod';

export const EncryptionRotation = z.object({
  id: z.string(),
  /** The key under which everything is when it has ended. */
  toKey: z.string(),
  state: z.enum(['running', 'done']),
  /** Values looked at so far, those sealed anew, and those that nobody can open. */
  lookedAt: z.int(),
  resealed: z.int(),
  unreadable: z.int(),
  startedAtMs: EpochMs,
  finishedAtMs: EpochMs.optional(),
});
export type EncryptionRotation = z.output<typeof EncryptionRotation>;

export const EncryptionStatus = z.object({
  activeKey: z.string(),
  keys: z.array(
    z.object({
      /** Empty for values that are not sealed at all. */
      id: z.string(),
      /** Stored values sealed under it. */
      values: z.int(),
      /** `active` seals what is new; `needed` reads values there are; `droppable` may leave the chain; `missing` is not in it. */
      role: z.enum(['active', 'needed', 'droppable', 'missing']),
    }),
  ),
  /** The newest one; it may have ended. */
  rotation: EncryptionRotation.optional(),
});
export type EncryptionStatus = z.output<typeof EncryptionStatus>;

export const encryptionStatus = defineOperation({
  name: 'encryption.status',
  summary: 'Which keys seal what is stored, and how far a rotation has come',
  description:
    'Looks at every stored value, so that what it says of a key is so; it takes the longer the more there are.',
  access: 'encryption:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/encryption' },
  input: z.object({}),
  output: EncryptionStatus,
});
export const rotateEncryption = defineOperation({
  name: 'encryption.rotate',
  summary: 'Seal everything that is stored under the active key',
  description:
    'Put the new key first in `encryption.keys`, restart, then rotate. It runs in the background and goes on after a restart; `encryption.status` shows how far it is, and when an older key may leave the chain.',
  access: 'encryption:write',
  effect: 'consequential',
  http: { method: 'POST', path: '/v1/encryption/rotate', status: 202 },
  input: z.object({}),
  output: EncryptionRotation,
});
