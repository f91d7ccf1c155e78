import type { Migration } from '@reeve/platform';

/** How often the breaker of an agent has opened since it was closed last: 0 for one that is closed. */
export const breakers: Migration = {
  package: 'hub',
  number: 2,
  name: 'breakers',
  up: [`ALTER TABLE agents ADD COLUMN breaker_openings BIGINT NOT NULL DEFAULT 0`],
};
