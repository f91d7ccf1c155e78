export { listAudit } from './list-audit.ts';
export type { AuditPage, AuditQuery, AuditRecord } from './list-audit.ts';
export { AuditHeads } from './audit-heads.ts';
export type { AuditHeadsComponents } from './audit-heads.ts';
export { newHeadKeyText, parseHeadKeys } from './signed-head.ts';
export type { HeadKeys, SignedHead } from './signed-head.ts';
export { verifyAudit } from './verify-audit.ts';
export type { AuditVerdict, VerifyOptions } from './verify-audit.ts';
export type { AuditFault, AuditFaultKind, ChainHead } from './find-fault.ts';
