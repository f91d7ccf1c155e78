export {
  Approval,
  ApprovalState,
  Digest,
  giveApproval,
  listApprovals,
  showApproval,
  withdrawApproval,
} from './approvals.ts';
export {
  AuditRecord,
  AuditVerdict,
  exportAuditHead,
  listAudit,
  SignedHead,
  verifyAudit,
  verifyAuditHeads,
} from './audit.ts';
export { EncryptionRotation, EncryptionStatus, encryptionStatus, rotateEncryption } from './encryption.ts';
export { ApprovalClosed, ApprovalMismatch, OperationTimeout, RequestCancelled, StepUpRequired } from './errors.ts';
export { errorPage, errorsPage } from './errors-page.ts';
export { DependencyHealth, HealthDetails, healthDetails } from './health.ts';
export { ApiKey, createKey, GrantedPermission, KeyId, listKeys, revokeKey, showKey, TenantName } from './keys.ts';
export { knownPermissions, permissionCatalogue } from './permissions.ts';
export type { PermissionDescription } from './permissions.ts';
export {
  confirmTotp,
  createSession,
  endSession,
  enrolTotp,
  IssuedTokens,
  refreshSession,
  showSelf,
  stepUpSession,
} from './sessions.ts';
export { changePassword, changeRole, createUser, disableUser, listUsers, resetPassword, Role, User } from './users.ts';
export { platformOperations } from './operations.ts';
export { Effect, GuardResult, Plan, Planned } from './planned.ts';
