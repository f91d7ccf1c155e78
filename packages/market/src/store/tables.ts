import { statementsFor, type Sealing } from '@reeve/platform';
import type { ReceiptFault } from '../api/receipt-operations.ts';
import type { DisputeReason, ReceiptOutcome } from '../api/receipts.ts';
import type { BudgetPeriod } from '../domain/budgets/window.ts';

export interface AnswersTable {
  task_id: string;
  tenant: string;
  caller: string;
  model: string;
  /** `served`, or the code of the error that the client got. */
  outcome: string;
  prompt_bound: number;
  completion_bound: number;
  text_bytes: number;
  /** Micro-USD per million tokens, in decimal digits; null when no node was given the work. */
  price_input: string | null;
  price_output: string | null;
  ended_at_ms: number;
}

export interface ReceiptNodesTable {
  node: string;
  tenant: string;
  batch_sequence: number;
  receipt_sequence: number;
}

export interface ReceiptBatchesTable {
  node: string;
  sequence: number;
  chain_id: number;
  root: string;
  signature: string;
  /** JSON of Acceptance. */
  acceptance: string;
  /** JSON array; stored sealed. */
  salts: string;
  received_at_ms: number;
}

export interface ReceiptsTable {
  seq: number;
  /** Of the client; of the node when the task is not known. */
  tenant: string;
  task_id: string;
  /** Who asked; null for what did not come through the gateway. */
  caller: string | null;
  node: string;
  agent_id: string | null;
  batch_sequence: number;
  leaf_index: number;
  sequence: number;
  fence: number;
  outcome: ReceiptOutcome;
  model: string;
  prompt_tokens: number;
  completion_tokens: number;
  billed_micro_usd: number;
  billed_rest_pico_usd: number;
  /** Of the answer, as the gateway saw it. */
  text_bytes: number | null;
  disputed: DisputeReason | null;
  /** JSON of ReceiptFields. */
  fields: string;
  /** UTC, `2026-11-21`. */
  day: string;
  received_at_ms: number;
}

export interface ReceiptFaultsTable {
  seq: number;
  id: string;
  tenant: string;
  node: string;
  kind: ReceiptFault['kind'];
  message: string;
  batch: string;
  earlier: string | null;
  seen_at_ms: number;
}

/** `key:<id>` or `tenant:<name>`, and what it may do; null where there is no limit. */
export interface BudgetsTable {
  subject: string;
  tenant: string;
  request_limit_micro_usd: number | null;
  requests_per_minute: number | null;
  tokens_per_minute: number | null;
  set_at_ms: number;
}

export interface BudgetWindowsTable {
  subject: string;
  period: BudgetPeriod;
  limit_micro_usd: number;
  starts_at_ms: number;
  spent_micro_usd: number;
  /** Below a million. */
  spent_rest_pico_usd: number;
  reserved_micro_usd: number;
  alerted_percent: number;
}

export interface MarketTables {
  answers: AnswersTable;
  receipt_nodes: ReceiptNodesTable;
  receipt_node_agents: { node: string; agent_id: string };
  receipt_batches: Sealing<ReceiptBatchesTable, 'salts'>;
  receipts: ReceiptsTable;
  receipt_faults: ReceiptFaultsTable;
  budgets: BudgetsTable;
  budget_windows: BudgetWindowsTable;
}

export const { statement, compile } = statementsFor<MarketTables>();
