import type { Migration } from '@reeve/platform';

/**
 * Weighted sums are in millionths, as of `at_ms`. Verifiers stand apart from their tasks: most tasks have none, and a
 * known answer must not be read with the task.
 */
export const verifiedProficiency: Migration = {
  package: 'hub',
  number: 6,
  name: 'verified-proficiency',
  up: [
    `CREATE TABLE agent_evidence (
      agent_id TEXT NOT NULL,
      capability TEXT NOT NULL,
      source TEXT NOT NULL,
      good_millionths BIGINT NOT NULL,
      bad_millionths BIGINT NOT NULL,
      at_ms BIGINT NOT NULL,
      good_count BIGINT NOT NULL,
      bad_count BIGINT NOT NULL,
      PRIMARY KEY (agent_id, capability, source)
    )`,
    `CREATE TABLE task_verifiers (
      seq INTEGER PRIMARY KEY,
      verify TEXT NOT NULL
    )`,
  ],
};
