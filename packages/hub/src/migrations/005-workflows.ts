import type { Migration } from '@reeve/platform';

/**
 * What a node is at, its tasks say; here is only what they cannot know. `live` is 1 until nothing can follow any more: also
 * while a compensation that failed waits for somebody to replay it. `compensate` is stored sealed.
 */
export const workflows: Migration = {
  package: 'hub',
  number: 5,
  name: 'workflows',
  up: [
    `CREATE TABLE workflows (
      id TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      state TEXT NOT NULL,
      compensation TEXT NOT NULL,
      live INTEGER,
      stopped INTEGER NOT NULL,
      created_at_ms BIGINT NOT NULL,
      finished_at_ms BIGINT
    )`,
    `CREATE INDEX workflows_live ON workflows (id) WHERE live = 1`,
    `CREATE INDEX workflows_of_tenant ON workflows (tenant, id)`,
    `CREATE TABLE workflow_nodes (
      workflow_id TEXT NOT NULL,
      name TEXT NOT NULL,
      position BIGINT NOT NULL,
      depends_on TEXT NOT NULL,
      task_seq BIGINT,
      completion BIGINT,
      about TEXT,
      approval TEXT,
      approval_by TEXT,
      approval_at_ms BIGINT,
      compensate TEXT,
      compensation_seq BIGINT,
      PRIMARY KEY (workflow_id, name)
    )`,
    `CREATE UNIQUE INDEX workflow_nodes_position ON workflow_nodes (workflow_id, position)`,
    `CREATE INDEX workflow_nodes_task ON workflow_nodes (task_seq)`,
  ],
};
