import type { Migration } from '@reeve/platform';

/** Contents that are files; the row is what makes one exist. `file_key` is stored sealed. */
export const blobs: Migration = {
  package: 'hub',
  number: 3,
  name: 'blobs',
  up: [
    `CREATE TABLE blobs (
      tenant TEXT NOT NULL,
      digest TEXT NOT NULL,
      size_bytes BIGINT NOT NULL,
      file TEXT NOT NULL,
      file_key TEXT NOT NULL,
      created_at_ms BIGINT NOT NULL,
      used_at_ms BIGINT NOT NULL,
      PRIMARY KEY (tenant, digest)
    )`,
    `CREATE INDEX blobs_used ON blobs (used_at_ms)`,
    `CREATE TABLE blob_uses (
      tenant TEXT NOT NULL,
      digest TEXT NOT NULL,
      task_seq BIGINT NOT NULL,
      PRIMARY KEY (tenant, digest, task_seq)
    )`,
  ],
};
