import type { Clock } from '@reeve/kernel';
import { assertKnownPermissions } from '../api/permissions.ts';
import type { AuditDraft, Database } from '../database/index.ts';
import type { KeyRecord } from './key-record.ts';
import type { KeyGrant, KeyRing } from './key-ring.ts';
import { revokeKeyRow } from './store/keys.ts';

const bootstrap = 'system:bootstrap';

export interface EnsuredKey {
  readonly id: string;
  readonly text: string;
  readonly created: boolean;
}

export interface EnsureComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly keys: KeyRing;
}

/** See `Access.ensureKey`. @throws Error for a permission that does not exist. */
export async function ensureKey(components: EnsureComponents, grant: KeyGrant, existing = ''): Promise<EnsuredKey> {
  const { database, clock, keys } = components;
  assertKnownPermissions(`key ${grant.name}`, grant.permissions);
  const known = keys.identify(existing);
  if (known && keys.holds(known.id) && isOf(known, grant)) return { id: known.id, text: existing, created: false };
  const made = keys.make(grant, bootstrap);
  const nowMs = clock.nowMs();
  const earlier = [...keys.all()].filter(
    (key) =>
      key.createdBy === bootstrap && key.name === grant.name && key.tenant === grant.tenant && keys.holds(key.id),
  );
  const audit: AuditDraft = {
    actor: bootstrap,
    tenant: grant.tenant,
    operation: 'keys.create',
    outcome: 'done',
    target: made.record.id,
    correlationId: bootstrap,
    details: { name: grant.name, permissions: [...grant.permissions], replaces: earlier.map(({ id }) => id) },
  };
  const statements = [made.insert, ...earlier.map(({ id }) => revokeKeyRow(id, nowMs))];
  await database.commit({ statements, audit: [audit] });
  keys.remember(made.record);
  for (const key of earlier) keys.remember({ ...key, revokedAtMs: nowMs });
  return { id: made.record.id, text: made.text, created: true };
}

function isOf(record: KeyRecord, grant: KeyGrant): boolean {
  const same = record.name === grant.name && record.tenant === grant.tenant;
  return same && record.permissions.join(' ') === grant.permissions.join(' ');
}
