import type { Migration } from '../database/migrations.ts';

/** The signed head that stands for audit records that were kept for long enough. */
export const auditAnchors: Migration = {
  package: 'platform',
  number: 5,
  name: 'audit-anchors',
  up: [
    `CREATE TABLE audit_anchors (
      name TEXT NOT NULL PRIMARY KEY,
      sequence BIGINT NOT NULL,
      hash TEXT NOT NULL,
      at_ms BIGINT NOT NULL,
      key_id TEXT NOT NULL,
      signature TEXT NOT NULL
    )`,
  ],
};
