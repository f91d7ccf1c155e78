import {
  cancelTask,
  createManyTasks,
  createTask,
  createTaskBatch,
  drainAgent,
  explainTask,
  listAgents,
  listEvents,
  listTasks,
  pauseAgent,
  registerAgent,
  removeAgent,
  replayTask,
  resumeAgent,
  showAgent,
  showStatus,
  showTask,
  streamResults,
  updateAgent,
} from '@reeve/hub/api';
import { listModels, showModel } from '@reeve/market/api';
import {
  createKey,
  encryptionStatus,
  giveApproval,
  healthDetails,
  listApprovals,
  listAudit,
  listKeys,
  revokeKey,
  rotateEncryption,
  showApproval,
  showKey,
  verifyAudit,
  withdrawApproval,
} from '@reeve/platform/api';

/**
 * Every operation of the system, in the order people see them. The typed client, the command line and the server's
 * check for operations without a handler are made from this one list.
 */
export const operations = [
  registerAgent,
  listAgents,
  showAgent,
  updateAgent,
  pauseAgent,
  resumeAgent,
  drainAgent,
  removeAgent,
  createTask,
  createTaskBatch,
  showTask,
  listTasks,
  cancelTask,
  replayTask,
  explainTask,
  listEvents,
  showStatus,
  listModels,
  showModel,
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

export type KnownOperation = (typeof operations)[number];

/** Every operation that streams; their methods are in `streams.ts`. */
export const streams = [createManyTasks, streamResults] as const;
