import type { Migration } from '@reeve/platform';

/**
 * `live` is 1 until a task ends, 0 when it is dead and may be taken up again, NULL otherwise: the partial index over 1
 * holds just the work that a restart has to find. A lease touches no column that an index looks at, so that PostgreSQL
 * writes it into the page of the task, where half is left free for it, and into no index: together a quarter of the
 * server's time for a task. Inputs stand apart, so that the scan of a restart reads no payload.
 */
export const agentsAndTasks: Migration = {
  package: 'hub',
  number: 1,
  name: 'agents-and-tasks',
  up: [
    `CREATE TABLE hub_state (
      name TEXT PRIMARY KEY,
      value BIGINT NOT NULL
    )`,
    `CREATE TABLE agents (
      id TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      offer TEXT NOT NULL,
      intent TEXT NOT NULL,
      registered_at_ms BIGINT NOT NULL,
      last_seen_at_ms BIGINT,
      removed_at_ms BIGINT
    )`,
    `CREATE UNIQUE INDEX agents_name ON agents (tenant, name) WHERE removed_at_ms IS NULL`,
    `CREATE TABLE capabilities (
      name TEXT PRIMARY KEY,
      first_declared_at_ms BIGINT NOT NULL
    )`,
    `CREATE TABLE tasks (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      kind TEXT NOT NULL,
      state TEXT NOT NULL,
      live INTEGER,
      attached INTEGER NOT NULL,
      priority INTEGER NOT NULL,
      requires TEXT NOT NULL,
      constraints TEXT NOT NULL,
      labels TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      max_attempts INTEGER NOT NULL,
      timeout_ms BIGINT NOT NULL,
      backoff TEXT NOT NULL,
      fence BIGINT,
      agent_id TEXT,
      output TEXT,
      error TEXT,
      submitted_at_ms BIGINT NOT NULL,
      leased_at_ms BIGINT,
      finished_at_ms BIGINT,
      run_at_ms BIGINT,
      deadline_at_ms BIGINT
    )`,
    `CREATE UNIQUE INDEX tasks_id ON tasks (id)`,
    `CREATE INDEX tasks_live ON tasks (seq) WHERE live = 1`,
    `CREATE INDEX tasks_of_tenant ON tasks (tenant, seq)`,
    `CREATE INDEX tasks_dead ON tasks (tenant, seq) WHERE live = 0`,
    `CREATE TABLE task_inputs (
      seq INTEGER PRIMARY KEY,
      input TEXT NOT NULL
    )`,
    `CREATE TABLE task_keys (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      task_id TEXT NOT NULL,
      body_hash TEXT NOT NULL,
      PRIMARY KEY (tenant, key)
    )`,
  ],
  layout: ['ALTER TABLE tasks SET (fillfactor = 50)'],
};
