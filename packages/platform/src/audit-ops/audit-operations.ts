import {
  exportAuditHead,
  listAudit as listDefinition,
  verifyAudit as verifyDefinition,
  verifyAuditHeads,
} from '../api/audit.ts';
import { listAudit, type AuditHeads } from '../audit/index.ts';
import type { Database } from '../database/index.ts';
import { bind, type BoundOperation } from '../operations/index.ts';

export interface AuditComponents {
  readonly database: Database;
  readonly heads: AuditHeads;
}

/** The audit log as operations. A caller sees its own tenant's records, with `tenants:any` all of them. */
export function auditOperations({ database, heads }: AuditComponents): readonly BoundOperation[] {
  return [
    bind(listDefinition, async (query, call) => {
      const tenant = call.may('tenants:any') ? undefined : call.caller.tenant;
      const { items, nextCursor } = await listAudit(database, { ...query, tenant });
      return { items: [...items], ...(nextCursor === undefined ? {} : { nextCursor }) };
    }),
    bind(verifyDefinition, (_, call) => heads.verify(undefined, call.signal)),
    bind(verifyAuditHeads, ({ heads: kept }, call) => heads.verify(kept, call.signal)),
    bind(exportAuditHead, (_, call) => heads.export(call.signal)),
  ];
}
