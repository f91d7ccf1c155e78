import type { Migration } from '../database/migrations.ts';

/** How far the sealing of what is stored under a new key has come: where it goes on after a crash. */
export const encryptionRotations: Migration = {
  package: 'platform',
  number: 3,
  name: 'encryption-rotations',
  up: [
    `CREATE TABLE encryption_rotations (
      id TEXT NOT NULL PRIMARY KEY,
      to_key TEXT NOT NULL,
      state TEXT NOT NULL,
      next_column BIGINT NOT NULL,
      after_key TEXT NOT NULL,
      looked_at BIGINT NOT NULL,
      resealed BIGINT NOT NULL,
      unreadable BIGINT NOT NULL,
      started_at_ms BIGINT NOT NULL,
      finished_at_ms BIGINT
    )`,
  ],
};
