import type { Migration } from '@reeve/platform';

/** Data sets in work. A map is `live` (1, later NULL) until all of its chunks have ended; `template` is stored sealed. */
export const maps: Migration = {
  package: 'hub',
  number: 4,
  name: 'maps',
  up: [
    `CREATE TABLE maps (
      id TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      state TEXT NOT NULL,
      live INTEGER,
      template TEXT NOT NULL,
      on_failure TEXT NOT NULL,
      digest TEXT NOT NULL,
      total_items BIGINT NOT NULL,
      next_item BIGINT NOT NULL,
      next_offset BIGINT NOT NULL,
      target_ms BIGINT NOT NULL,
      max_chunk_items BIGINT NOT NULL,
      chunk_items BIGINT NOT NULL,
      item_us BIGINT,
      created_at_ms BIGINT NOT NULL,
      finished_at_ms BIGINT
    )`,
    `CREATE INDEX maps_live ON maps (id) WHERE live = 1`,
    `CREATE INDEX maps_of_tenant ON maps (tenant, id)`,
    `CREATE INDEX maps_digest ON maps (tenant, digest)`,
    `CREATE TABLE map_chunks (
      map_id TEXT NOT NULL,
      first_item BIGINT NOT NULL,
      items BIGINT NOT NULL,
      task_seq BIGINT NOT NULL,
      PRIMARY KEY (map_id, first_item)
    )`,
    `CREATE INDEX map_chunks_task ON map_chunks (task_seq)`,
  ],
};
