import { statementsFor, type Sealing } from '@reeve/platform';
import type { AgentIntent } from '../domain/live.ts';
import type { TaskState } from '../api/task.ts';

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
  live: 1 | null;
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

export interface HubTables {
  hub_state: { name: string; value: number };
  agents: AgentsTable;
  capabilities: { name: string; first_declared_at_ms: number };
  tasks: Sealing<TasksTable, 'output' | 'error'>;
  task_inputs: Sealing<{ seq: number; input: string }, 'input'>;
  blobs: Sealing<BlobsTable, 'file_key'>;
  blob_uses: { tenant: string; digest: string; task_seq: number };
  task_keys: { tenant: string; key: string; task_id: string; body_hash: string };
}

export const { statement, compile } = statementsFor<HubTables>();
