import type { Migration } from '../database/migrations.ts';

/** API keys, answers to idempotency keys, and approvals. Times are epoch milliseconds. */
export const accessAndOperations: Migration = {
  package: 'platform',
  number: 2,
  name: 'access-and-operations',
  up: [
    `CREATE TABLE api_keys (
      id TEXT NOT NULL PRIMARY KEY,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      secret_hash BLOB NOT NULL,
      permissions TEXT NOT NULL,
      manages_keys INTEGER NOT NULL,
      created_at_ms INTEGER NOT NULL,
      created_by TEXT NOT NULL,
      expires_at_ms INTEGER,
      revoked_at_ms INTEGER,
      last_used_at_ms INTEGER
    ) STRICT`,
    `CREATE INDEX api_keys_by_tenant ON api_keys (tenant, id)`,
    `CREATE INDEX api_keys_that_manage ON api_keys (manages_keys, id) WHERE manages_keys > 0`,

    `CREATE TABLE idempotency_records (
      tenant TEXT NOT NULL,
      operation TEXT NOT NULL,
      idempotency_key TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      state TEXT NOT NULL,
      answer TEXT NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      PRIMARY KEY (tenant, operation, idempotency_key)
    ) STRICT`,
    `CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at_ms)`,

    `CREATE TABLE approvals (
      id TEXT NOT NULL PRIMARY KEY,
      tenant TEXT NOT NULL,
      operation TEXT NOT NULL,
      digest TEXT NOT NULL,
      open_key TEXT UNIQUE,
      state TEXT NOT NULL,
      input TEXT NOT NULL,
      plan TEXT NOT NULL,
      guards TEXT NOT NULL,
      requested_by TEXT NOT NULL,
      requested_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL,
      decided_by TEXT,
      decided_at_ms INTEGER,
      note TEXT,
      used_at_ms INTEGER,
      used_by TEXT
    ) STRICT`,
    `CREATE INDEX approvals_by_tenant ON approvals (tenant, id)`,
    `CREATE INDEX approvals_by_state ON approvals (state, expires_at_ms)`,
  ],
};
