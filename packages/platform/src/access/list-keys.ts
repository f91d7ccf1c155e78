import type { listKeys, showKey } from '../api/keys.ts';
import { MalformedRequest } from '@reeve/kernel';
import type { Handler } from '../operations/index.ts';
import { visibleKey, type KeyComponents } from './key-components.ts';
import { keyFace } from './key-face.ts';
import { listKeyRecords } from './store/keys.ts';

export function listKeysHandler({ access, database, clock }: KeyComponents): Handler<typeof listKeys> {
  return async ({ limit, cursor, ended }, call) => {
    if (cursor !== undefined && !/^[a-z0-9]{12}$/.test(cursor))
      throw MalformedRequest.error('the cursor is not one that a page of keys gave');
    const nowMs = clock.nowMs();
    const tenant = call.may('tenants:any') ? undefined : call.caller.tenant;
    // One more than wanted tells whether there is a next page.
    const records = await listKeyRecords(database, { tenant, afterId: cursor, ended, nowMs, limit: limit + 1 });
    const page = records.slice(0, limit);
    const items = page.map((record) =>
      keyFace({ ...record, lastUsedAtMs: access.keys.lastUsedAtMs(record.id) }, nowMs),
    );
    return records.length > limit ? { items, nextCursor: page.at(-1)!.id } : { items };
  };
}

export function showKeyHandler(components: KeyComponents): Handler<typeof showKey> {
  return async ({ id }, call) => keyFace(visibleKey(components, id, call), components.clock.nowMs());
}
