import { giveApproval, listApprovals, showApproval, withdrawApproval } from './approvals.ts';
import { exportAuditHead, listAudit, verifyAudit, verifyAuditHeads } from './audit.ts';
import { encryptionStatus, rotateEncryption } from './encryption.ts';
import { healthDetails } from './health.ts';
import { createKey, listKeys, revokeKey, showKey } from './keys.ts';
import {
  confirmTotp,
  createSession,
  endSession,
  enrolTotp,
  refreshSession,
  showSelf,
  stepUpSession,
} from './sessions.ts';
import { changePassword, changeRole, createUser, disableUser, listUsers, resetPassword } from './users.ts';

/** Every operation of the platform, in the order people see them. */
export const platformOperations = [
  createSession,
  refreshSession,
  showSelf,
  endSession,
  stepUpSession,
  enrolTotp,
  confirmTotp,
  createUser,
  listUsers,
  changeRole,
  disableUser,
  resetPassword,
  changePassword,
  createKey,
  listKeys,
  showKey,
  revokeKey,
  listApprovals,
  showApproval,
  giveApproval,
  withdrawApproval,
  listAudit,
  verifyAudit,
  verifyAuditHeads,
  exportAuditHead,
  encryptionStatus,
  rotateEncryption,
  healthDetails,
] as const;
