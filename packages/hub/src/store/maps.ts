import type { SealedText } from '@reeve/platform';
import { sql } from 'kysely';
import type { MapState } from '../api/map.ts';
import type { TaskState } from '../api/task.ts';
import { compile, statement, type MapsTable } from './tables.ts';

export const insertMap = statement<Omit<MapsTable, 'template' | 'live' | 'finished_at_ms'> & { template: SealedText }>(
  (db, p) =>
    db.insertInto('maps').values({
      id: p.id,
      tenant: p.tenant,
      state: p.state,
      live: 1,
      template: p.template,
      on_failure: p.on_failure,
      digest: p.digest,
      total_items: p.total_items,
      next_item: p.next_item,
      next_offset: p.next_offset,
      target_ms: p.target_ms,
      max_chunk_items: p.max_chunk_items,
      chunk_items: p.chunk_items,
      item_us: p.item_us,
      created_at_ms: p.created_at_ms,
    }),
);

/** Moves a live map on to what follows a chunk; no row when it has ended, or stands elsewhere. */
export const advanceMap = statement<{
  id: string;
  from_item: number;
  next_item: number;
  next_offset: number;
  chunk_items: number;
  item_us: number | null;
}>((db, p) =>
  db
    .updateTable('maps')
    .set({ next_item: p.next_item, next_offset: p.next_offset, chunk_items: p.chunk_items, item_us: p.item_us })
    .where('id', '=', p.id)
    .where('live', '=', 1)
    .where('next_item', '=', p.from_item),
);

export const endMap = statement<{ id: string; state: MapState; finished_at_ms: number }>((db, p) =>
  db
    .updateTable('maps')
    .set({ state: p.state, live: null, finished_at_ms: p.finished_at_ms })
    .where('id', '=', p.id)
    .where('live', '=', 1),
);

export const insertChunk = statement<{ map_id: string; first_item: number; items: number; task_seq: number }>((db, p) =>
  db
    .insertInto('map_chunks')
    .values({ map_id: p.map_id, first_item: p.first_item, items: p.items, task_seq: p.task_seq }),
);

export const selectMap = statement<{ id: string }>((db, p) => db.selectFrom('maps').selectAll().where('id', '=', p.id));

export const selectLiveMaps = statement<{ after: string; limit: number }>((db, p) =>
  db.selectFrom('maps').selectAll().where('live', '=', 1).where('id', '>', p.after).orderBy('id').limit(p.limit),
);

/** One page, newest first. */
export function selectMapPage(filter: { tenant: string; before: string; limit: number; state?: MapState | undefined }) {
  return compile((db) => {
    const { tenant, before, limit, state } = filter;
    let query = db.selectFrom('maps').selectAll().where('tenant', '=', tenant).orderBy('id', 'desc').limit(limit);
    if (before !== '') query = query.where('id', '<', before);
    return state === undefined ? query : query.where('state', '=', state);
  });
}

export interface ChunkCount {
  readonly map_id: string;
  readonly state: TaskState;
  readonly chunks: number;
  readonly items: number;
}

/** Chunks of some maps, and their items, by the state of their task. */
export function selectChunkCounts(ids: readonly string[]) {
  return compile((db) =>
    db
      .selectFrom('map_chunks')
      .innerJoin('tasks', 'tasks.seq', 'map_chunks.task_seq')
      .select(['map_chunks.map_id', 'tasks.state'])
      .select(sql<number>`cast(count(*) as bigint)`.as('chunks'))
      .select(sql<number>`cast(sum(map_chunks.items) as bigint)`.as('items'))
      .where('map_chunks.map_id', 'in', ids)
      .groupBy(['map_chunks.map_id', 'tasks.state']),
  );
}

export interface ChunkRow {
  readonly first_item: number;
  readonly items: number;
  readonly id: string;
  readonly state: TaskState;
  readonly attempt: number;
  readonly agent_id: string | null;
  readonly leased_at_ms: number | null;
  readonly finished_at_ms: number | null;
}

/** One page of the chunks of a map, in the order of its items. */
export const selectChunkPage = statement<{ map_id: string; after: number; limit: number }>((db, p) =>
  db
    .selectFrom('map_chunks')
    .innerJoin('tasks', 'tasks.seq', 'map_chunks.task_seq')
    .select(['map_chunks.first_item', 'map_chunks.items', 'tasks.id', 'tasks.state', 'tasks.attempt'])
    .select(['tasks.agent_id', 'tasks.leased_at_ms', 'tasks.finished_at_ms'])
    .where('map_chunks.map_id', '=', p.map_id)
    .where('map_chunks.first_item', '>', p.after)
    .orderBy('map_chunks.first_item')
    .limit(p.limit),
);

/** Chunks that have not ended. */
export const selectLiveChunks = statement<{ map_id: string }>((db, p) =>
  db
    .selectFrom('map_chunks')
    .innerJoin('tasks', 'tasks.seq', 'map_chunks.task_seq')
    .select(['tasks.id', 'map_chunks.items'])
    .where('map_chunks.map_id', '=', p.map_id)
    .where('tasks.live', '=', 1),
);

/** Live chunks of maps that have ended: a crash came between the end of the map and theirs. */
export const selectOrphanedChunks = statement((db) =>
  db
    .selectFrom('tasks')
    .innerJoin('map_chunks', 'map_chunks.task_seq', 'tasks.seq')
    .innerJoin('maps', 'maps.id', 'map_chunks.map_id')
    .select('tasks.id')
    .where('tasks.live', '=', 1)
    .where('maps.live', 'is', null),
);

/** The chunk that holds an item, or the last before it, with what became of it. */
export const selectChunkAt = statement<{ map_id: string; item: number }>((db, p) =>
  db
    .selectFrom('map_chunks')
    .innerJoin('tasks', 'tasks.seq', 'map_chunks.task_seq')
    .select(['map_chunks.first_item', 'map_chunks.items', 'tasks.seq', 'tasks.state', 'tasks.output', 'tasks.error'])
    .where('map_chunks.map_id', '=', p.map_id)
    .where('map_chunks.first_item', '<=', p.item)
    .orderBy('map_chunks.first_item', 'desc')
    .limit(1),
);

/** When the last attempt of a task began, and when it ended. */
export const selectAttemptTimes = statement<{ id: string }>((db, p) =>
  db.selectFrom('tasks').select(['leased_at_ms', 'finished_at_ms']).where('id', '=', p.id),
);
