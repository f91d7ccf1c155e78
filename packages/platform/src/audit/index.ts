export { listAudit } from './list-audit.ts';
export type { AuditPage, AuditQuery, AuditRecord } from './list-audit.ts';
export { verifyAudit } from './verify-audit.ts';
export type { AuditVerdict, VerifyOptions } from './verify-audit.ts';
export type { AuditFault, AuditFaultKind, ChainHead } from './find-fault.ts';
