import { giveApproval, listApprovals, showApproval, withdrawApproval } from './approvals.ts';
import { listAudit, verifyAudit } from './audit.ts';
import { encryptionStatus, rotateEncryption } from './encryption.ts';
import { healthDetails } from './health.ts';
import { createKey, listKeys, revokeKey, showKey } from './keys.ts';

/** Every operation of the platform, in the order people see them. */
export const platformOperations = [
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
  encryptionStatus,
  rotateEncryption,
  healthDetails,
] as const;
