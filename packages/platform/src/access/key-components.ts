import { NotFound, type Clock } from '@reeve/kernel';
import type { Database } from '../database/index.ts';
import type { Call } from '../operations/index.ts';
import type { Access } from './access.ts';
import type { KeyRecord } from './key-record.ts';

/** What the operations on keys need. */
export interface KeyComponents {
  readonly access: Access;
  readonly database: Database;
  readonly clock: Clock;
}

/** A key the caller may see. @throws NotFound for one of another tenant as for one that is not there. */
export function visibleKey({ access }: KeyComponents, id: string, call: Call): KeyRecord {
  const record = access.keys.find(id);
  const visible = record && (record.tenant === call.caller.tenant || call.may('tenants:any'));
  if (!visible) throw NotFound.error(`there is no key ${id}`);
  return { ...record, lastUsedAtMs: access.keys.lastUsedAtMs(id) };
}
