import type { Migration } from '../database/migrations.ts';

/** People who log in, and their logins. `totp_seed` is stored sealed, passwords as scrypt hashes. */
export const peopleAndSessions: Migration = {
  package: 'platform',
  number: 4,
  name: 'people-and-sessions',
  up: [
    `CREATE TABLE users (
      id TEXT NOT NULL PRIMARY KEY,
      name TEXT NOT NULL,
      tenant TEXT NOT NULL,
      role TEXT NOT NULL,
      password_hash TEXT NOT NULL,
      password_is_own BIGINT NOT NULL,
      totp_seed TEXT,
      totp_confirmed_at_ms BIGINT,
      totp_last_step BIGINT NOT NULL,
      created_at_ms BIGINT NOT NULL,
      created_by TEXT NOT NULL,
      disabled_at_ms BIGINT
    )`,
    `CREATE UNIQUE INDEX users_name ON users (name)`,
    `CREATE TABLE sessions (
      id TEXT NOT NULL PRIMARY KEY,
      user_id TEXT NOT NULL,
      generation BIGINT NOT NULL,
      created_at_ms BIGINT NOT NULL,
      expires_at_ms BIGINT NOT NULL,
      stepped_up_at_ms BIGINT,
      ended_at_ms BIGINT,
      end_reason TEXT
    )`,
    `CREATE INDEX sessions_by_expiry ON sessions (expires_at_ms, id)`,
  ],
};
