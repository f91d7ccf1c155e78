import type { listUsers } from '../api/users.ts';
import { isUuid, MalformedRequest } from '@reeve/kernel';
import type { Handler } from '../operations/index.ts';
import type { PeopleParts } from './components.ts';
import { userFace } from './user-face.ts';

export function listUsersHandler({ register }: PeopleParts): Handler<typeof listUsers> {
  return async ({ limit, cursor = '' }, call) => {
    if (cursor !== '' && !isUuid(cursor))
      throw MalformedRequest.error('the cursor is not one that a page of users gave');
    const mine = register.users().filter(({ tenant }) => call.may('tenants:any') || tenant === call.caller.tenant);
    const rows = mine.filter(({ id }) => id > cursor).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const items = rows.slice(0, limit).map(userFace);
    return rows.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
  };
}
