import type { Migration } from '@reeve/platform';

/** Every price that a node asked by itself, and why; what bounds the next one outlives the process. */
export const nodePrices: Migration = {
  package: 'market-node',
  number: 2,
  name: 'prices',
  up: [
    `CREATE TABLE node_prices (
      capability TEXT NOT NULL,
      at_ms BIGINT NOT NULL,
      price_input TEXT NOT NULL,
      price_output TEXT NOT NULL,
      PRIMARY KEY (capability, at_ms)
    )`,
    `CREATE TABLE node_price_rollbacks (
      prediction TEXT PRIMARY KEY,
      reason TEXT NOT NULL,
      at_ms BIGINT NOT NULL
    )`,
  ],
};
