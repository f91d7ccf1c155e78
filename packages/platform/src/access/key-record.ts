import type { Caller } from '../operations/call.ts';

/** One API key as it is stored; the secret only as its SHA-256. */
export interface KeyRecord {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly secretHash: Uint8Array;
  readonly permissions: readonly string[];
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

export type KeyState = 'active' | 'expired' | 'revoked';

export function keyState(record: Pick<KeyRecord, 'revokedAtMs' | 'expiresAtMs'>, nowMs: number): KeyState {
  if (record.revokedAtMs !== null) return 'revoked';
  return record.expiresAtMs !== null && record.expiresAtMs <= nowMs ? 'expired' : 'active';
}

/** How the identity of a caller with a key begins; its id follows. */
export const keyIdentity = 'key:';

export function callerOf(record: KeyRecord): Caller {
  return Object.freeze({ identity: keyIdentity + record.id, tenant: record.tenant, permissions: record.permissions });
}
