import { listAudit as listDefinition, verifyAudit as verifyDefinition } from '../api/audit.ts';
import { listAudit, verifyAudit } from '../audit/index.ts';
import type { Database } from '../database/index.ts';
import { bind, type BoundOperation } from '../operations/index.ts';

/** Reading the audit log as operations. A caller sees its own tenant's records, with `tenants:any` all of them. */
export function auditOperations({ database }: { readonly database: Database }): readonly BoundOperation[] {
  return [
    bind(listDefinition, async (query, call) => {
      const tenant = call.may('tenants:any') ? undefined : call.caller.tenant;
      const { items, nextCursor } = await listAudit(database, { ...query, tenant });
      return { items: [...items], ...(nextCursor === undefined ? {} : { nextCursor }) };
    }),
    bind(verifyDefinition, ({ head }, call) =>
      verifyAudit(database, { signal: call.signal, expectedHead: head === undefined ? undefined : parseHead(head) }),
    ),
  ];
}

function parseHead(text: string) {
  const [sequence, hash] = text.split(':') as [string, string];
  return { sequence: Number(sequence), hash };
}
