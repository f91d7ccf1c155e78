import type { Migration } from '@reeve/platform';

/**
 * The book of a node: each batch as it was before it was signed. A row is never changed but for `acceptance`, the hub's
 * answer, so what was signed once can be signed again, and nothing else under its numbers.
 */
export const nodeBatches: Migration = {
  package: 'market-node',
  number: 1,
  name: 'batches',
  up: [
    `CREATE TABLE node_batches (
      sequence INTEGER PRIMARY KEY,
      chain_id BIGINT NOT NULL,
      last_receipt BIGINT NOT NULL,
      receipts TEXT NOT NULL,
      acceptance TEXT,
      made_at_ms BIGINT NOT NULL
    )`,
  ],
};
