import { statementsFor, type Sealing } from '@reeve/platform';
import type { AgentIntent } from '../domain/live.ts';
import type { MapState } from '../api/map.ts';
import type { EvidenceSource } from '../api/proficiency.ts';
import type { TaskState } from '../api/task.ts';
import type { ApprovalState, CompensationState, WorkflowState } from '../api/workflow.ts';

export interface AgentsTable {
  id: string;
  tenant: string;
  name: string;
  /** JSON of AgentOffer. */
  offer: string;
  intent: AgentIntent;
  registered_at_ms: number;
  last_seen_at_ms: number | null;
  removed_at_ms: number | null;
  breaker_openings: number;
}

export interface TasksTable {
  seq: number;
  id: string;
  tenant: string;
  kind: string;
  state: TaskState;
  /** 0: dead. */
  live: 1 | 0 | null;
  attached: 0 | 1;
  priority: number;
  requires: string;
  constraints: string;
  labels: string;
  attempt: number;
  max_attempts: number;
  timeout_ms: number;
  backoff: string;
  fence: number | null;
  agent_id: string | null;
  output: string | null;
  error: string | null;
  submitted_at_ms: number;
  leased_at_ms: number | null;
  finished_at_ms: number | null;
  run_at_ms: number | null;
  deadline_at_ms: number | null;
}

export interface BlobsTable {
  tenant: string;
  digest: string;
  size_bytes: number;
  file: string;
  /** Stored sealed. */
  file_key: string;
  created_at_ms: number;
  used_at_ms: number;
}

export interface MapsTable {
  id: string;
  tenant: string;
  state: MapState;
  live: 1 | null;
  /** JSON of the template and what is shared; stored sealed. */
  template: string;
  on_failure: 'stop' | 'continue';
  digest: string;
  total_items: number;
  next_item: number;
  /** Byte of the items' blob at which the next item begins. */
  next_offset: number;
  target_ms: number;
  max_chunk_items: number;
  chunk_items: number;
  item_us: number | null;
  created_at_ms: number;
  finished_at_ms: number | null;
}

export interface EvidenceTable {
  agent_id: string;
  capability: string;
  source: EvidenceSource;
  good_millionths: number;
  bad_millionths: number;
  at_ms: number;
  good_count: number;
  bad_count: number;
}

export interface WorkflowsTable {
  id: string;
  tenant: string;
  name: string;
  state: WorkflowState;
  compensation: CompensationState;
  live: 1 | null;
  /** Somebody cancelled it. */
  stopped: 0 | 1;
  created_at_ms: number;
  finished_at_ms: number | null;
}

export interface WorkflowNodesTable {
  workflow_id: string;
  name: string;
  position: number;
  /** JSON array of names. */
  depends_on: string;
  /** Nothing for an approval. */
  task_seq: number | null;
  /** Number in the order in which the nodes of the workflow succeeded. */
  completion: number | null;
  /** What an approval is about; nothing for a task. */
  about: string | null;
  approval: ApprovalState | null;
  approval_by: string | null;
  approval_at_ms: number | null;
  /** JSON of the submission that undoes it; stored sealed. */
  compensate: string | null;
  compensation_seq: number | null;
}

export interface HubTables {
  hub_state: { name: string; value: number };
  agents: AgentsTable;
  agent_evidence: EvidenceTable;
  task_verifiers: Sealing<{ seq: number; verify: string }, 'verify'>;
  capabilities: { name: string; first_declared_at_ms: number };
  tasks: Sealing<TasksTable, 'output' | 'error'>;
  task_inputs: Sealing<{ seq: number; input: string }, 'input'>;
  blobs: Sealing<BlobsTable, 'file_key'>;
  maps: Sealing<MapsTable, 'template'>;
  map_chunks: { map_id: string; first_item: number; items: number; task_seq: number };
  workflows: WorkflowsTable;
  workflow_nodes: Sealing<WorkflowNodesTable, 'compensate'>;
  blob_uses: { tenant: string; digest: string; task_seq: number };
  task_keys: { tenant: string; key: string; task_id: string; body_hash: string };
}

export const { statement, compile } = statementsFor<HubTables>();
