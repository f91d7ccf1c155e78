import {
  drainAgent,
  listAgents,
  pauseAgent,
  registerAgent,
  removeAgent,
  resumeAgent,
  showAgent,
  showProficiency,
  updateAgent,
} from './agent-operations.ts';
import { listBlobs, removeBlob, showBlob } from './blob-operations.ts';
import { listEvents, showStatus } from './hub-operations.ts';
import { completeLease, declineLease, failLease, heartbeatLease, takeLeases } from './lease-operations.ts';
import { cancelMap, listMapChunks, listMaps, mapItems, showMap } from './map-operations.ts';
import {
  cancelTask,
  createTask,
  createTaskBatch,
  explainTask,
  listTasks,
  replayTask,
  showTask,
} from './task-operations.ts';
import { approveNode, cancelWorkflow, createWorkflow, listWorkflows, showWorkflow } from './workflow-operations.ts';

/** Every operation of the hub that does not stream, in the order people see them. */
export const hubOperations = [
  registerAgent,
  listAgents,
  showAgent,
  showProficiency,
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
  takeLeases,
  heartbeatLease,
  completeLease,
  failLease,
  declineLease,
  listBlobs,
  showBlob,
  removeBlob,
  mapItems,
  showMap,
  listMapChunks,
  listMaps,
  cancelMap,
  createWorkflow,
  showWorkflow,
  listWorkflows,
  approveNode,
  cancelWorkflow,
  listEvents,
  showStatus,
] as const;
