import type { ApiKey } from '../api/keys.ts';
import { keyState, type KeyRecord } from './key-record.ts';

/** A key as callers see it: everything but its secret. */
export function keyFace(record: KeyRecord, nowMs: number): ApiKey {
  const { expiresAtMs, revokedAtMs, lastUsedAtMs } = record;
  return {
    id: record.id,
    name: record.name,
    tenant: record.tenant,
    permissions: [...record.permissions],
    state: keyState(record, nowMs),
    createdAtMs: record.createdAtMs,
    createdBy: record.createdBy,
    ...(expiresAtMs === null ? {} : { expiresAtMs }),
    ...(revokedAtMs === null ? {} : { revokedAtMs }),
    ...(lastUsedAtMs === null ? {} : { lastUsedAtMs }),
  };
}
