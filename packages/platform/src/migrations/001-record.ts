import type { Migration } from '../database/migrations.ts';

/** The log of events, the audit chain, and the platform's own small values. */
export const recordTables: Migration = {
  package: 'platform',
  number: 1,
  name: 'record',
  up: [
    // One row per group commit: an event costs a few bytes in a row that is written anyway. The key is the last
    // position, so that "after position p" is one search in the table's own tree.
    `CREATE TABLE event_segments (
      last_position INTEGER PRIMARY KEY,
      first_position INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      events TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE audit_records (
      sequence INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      actor TEXT NOT NULL,
      tenant TEXT NOT NULL,
      operation TEXT NOT NULL,
      outcome TEXT NOT NULL,
      target TEXT,
      correlation_id TEXT NOT NULL,
      details TEXT NOT NULL,
      previous_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE platform_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  ],
};
