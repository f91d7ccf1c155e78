import type { Migration } from '@reeve/platform';

/**
 * `answers` is what the gateway itself saw of each request; `receipts` what nodes state about it. Amounts of pico-USD are in
 * two columns, whole micro-USD and the rest, so that sums stay exact. `salts` is stored sealed.
 */
export const receipts: Migration = {
  package: 'market',
  number: 1,
  name: 'receipts',
  up: [
    `CREATE TABLE answers (
      task_id TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      caller TEXT NOT NULL,
      model TEXT NOT NULL,
      outcome TEXT NOT NULL,
      prompt_bound BIGINT NOT NULL,
      completion_bound BIGINT NOT NULL,
      text_bytes BIGINT NOT NULL,
      price_input TEXT,
      price_output TEXT,
      ended_at_ms BIGINT NOT NULL
    )`,
    `CREATE TABLE receipt_nodes (
      node TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      batch_sequence BIGINT NOT NULL,
      receipt_sequence BIGINT NOT NULL
    )`,
    `CREATE TABLE receipt_node_agents (
      node TEXT NOT NULL,
      agent_id TEXT NOT NULL,
      PRIMARY KEY (node, agent_id)
    )`,
    `CREATE TABLE receipt_batches (
      node TEXT NOT NULL,
      sequence BIGINT NOT NULL,
      chain_id BIGINT NOT NULL,
      root TEXT NOT NULL,
      signature TEXT NOT NULL,
      acceptance TEXT NOT NULL,
      salts TEXT NOT NULL,
      received_at_ms BIGINT NOT NULL,
      PRIMARY KEY (node, sequence)
    )`,
    `CREATE TABLE receipts (
      seq INTEGER PRIMARY KEY,
      tenant TEXT NOT NULL,
      task_id TEXT NOT NULL,
      caller TEXT,
      node TEXT NOT NULL,
      agent_id TEXT,
      batch_sequence BIGINT NOT NULL,
      leaf_index BIGINT NOT NULL,
      sequence BIGINT NOT NULL,
      fence BIGINT NOT NULL,
      outcome TEXT NOT NULL,
      model TEXT NOT NULL,
      prompt_tokens BIGINT NOT NULL,
      completion_tokens BIGINT NOT NULL,
      billed_micro_usd BIGINT NOT NULL,
      billed_rest_pico_usd BIGINT NOT NULL,
      text_bytes BIGINT,
      disputed TEXT,
      fields TEXT NOT NULL,
      day TEXT NOT NULL,
      received_at_ms BIGINT NOT NULL
    )`,
    `CREATE UNIQUE INDEX receipts_of_batch ON receipts (node, batch_sequence, leaf_index)`,
    `CREATE UNIQUE INDEX receipts_fence ON receipts (node, fence)`,
    `CREATE INDEX receipts_of_task ON receipts (task_id)`,
    `CREATE INDEX receipts_of_tenant ON receipts (tenant, seq)`,
    `CREATE INDEX receipts_of_day ON receipts (tenant, day)`,
    `CREATE TABLE receipt_faults (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      node TEXT NOT NULL,
      kind TEXT NOT NULL,
      message TEXT NOT NULL,
      batch TEXT NOT NULL,
      earlier TEXT,
      seen_at_ms BIGINT NOT NULL
    )`,
    `CREATE INDEX receipt_faults_of_node ON receipt_faults (node, seq)`,
  ],
};
