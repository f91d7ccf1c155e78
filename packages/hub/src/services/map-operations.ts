import { MalformedRequest, NotFound, TooLarge, uuidv7, type Clock, type JsonValue } from '@reeve/kernel';
import { bind, type BoundOperation, type Call, type Database } from '@reeve/platform';
import { cancelMap, listMapChunks, listMaps, mapItems, showMap } from '../api/map-operations.ts';
import type { MapRun, MapSubmission } from '../api/map.ts';
import type { HubSettings } from '../components.ts';
import { UnknownBlob } from '../errors.ts';
import { touchBlob } from '../store/blobs.ts';
import { insertMap, selectChunkCounts, selectMap, selectMapPage, type ChunkCount } from '../store/maps.ts';
import { sealedTemplate } from '../store/payloads.ts';
import type { BlobsTable, MapsTable } from '../store/tables.ts';
import type { Blobs } from './blobs.ts';
import { liveMap, templateOf } from './live-map.ts';
import { pageOfChunks } from './map-chunks.ts';
import { chunkFrameBytes, countItems, linesOfItems } from './map-items.ts';
import { mapEvent, type Maps } from './maps.ts';
import type { Submissions } from './submissions.ts';

export interface MapOperationsParts {
  readonly maps: Maps;
  readonly blobs: Blobs;
  readonly submissions: Submissions;
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: HubSettings;
}

/** The handlers of `tasks.map` and of `maps.*` that do not stream. */
export function mapOperations(parts: MapOperationsParts): BoundOperation[] {
  const { maps, database } = parts;
  return [
    bind(mapItems, (submission, call) => create(parts, submission, call)),
    bind(showMap, async ({ id }, { caller }) => shown(database, await findMap(database, id, caller.tenant))),
    bind(listMaps, async ({ limit, cursor = '', state }, { caller: { tenant } }) => {
      if (cursor !== '' && !/^[0-9a-f-]{36}$/.test(cursor))
        throw MalformedRequest.error('this is no cursor of maps.list');
      const query = selectMapPage({ tenant, before: cursor, limit: limit + 1, state });
      const rows = await database.read<MapsTable>(query);
      const items = await allShown(database, rows.slice(0, limit));
      return rows.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
    }),
    bind(listMapChunks, async ({ id, ...page }, { caller }) => {
      await findMap(database, id, caller.tenant);
      return pageOfChunks(database, id, page);
    }),
    bind(cancelMap, async ({ id }, call) => {
      const row = await findMap(database, id, call.caller.tenant);
      const answer: MapRun = { ...(await shown(database, row)), state: 'cancelled', finishedAtMs: parts.clock.nowMs() };
      await maps.end(id, 'cancelled', (statement, event) =>
        call.commit({ statements: [statement], events: [event] }, answer, { target: `map:${id}` }),
      );
      return answer;
    }),
  ];
}

/** @throws NotFound */
export async function findMap(database: Database, id: string, tenant: string): Promise<MapsTable> {
  const [row] = await database.read<MapsTable>(selectMap.bind({ id }));
  if (row?.tenant === tenant) return row;
  throw NotFound.error(`there is no map ${id}`);
}

async function create(parts: MapOperationsParts, submission: MapSubmission, call: Call): Promise<MapRun> {
  const { maps, blobs, submissions, clock, settings } = parts;
  const { tenant } = call.caller;
  const template = templateOf(submission);
  submissions.check({ ...template.submission, input: null });
  const text = JSON.stringify(template);
  const itemLimitBytes =
    settings.inputLimitBytes - Buffer.byteLength(JSON.stringify(template.shared)) - chunkFrameBytes;
  if (itemLimitBytes < 1) throw TooLarge.error('what is shared leaves no room for items in the input of a chunk');
  const blob = await blobOf(parts, submission, call);
  const total = await countItems(blobs.read(blob), itemLimitBytes);
  const nowMs = clock.nowMs();
  const row = {
    id: uuidv7(nowMs),
    tenant,
    state: 'running' as const,
    on_failure: submission.onFailure,
    digest: blob.digest,
    total_items: total,
    next_item: 0,
    next_offset: 0,
    target_ms: submission.targetChunkMs ?? settings.mapTargetChunkMs,
    max_chunk_items: submission.maxChunkItems,
    chunk_items: Math.min(submission.initialChunkItems ?? settings.mapInitialChunkItems, submission.maxChunkItems),
    item_us: null,
    created_at_ms: nowMs,
  };
  const map = liveMap({ ...row, live: 1, template: text, finished_at_ms: null }, text);
  const answer = viewOf({ ...row, live: 1, template: text, finished_at_ms: null }, []);
  const statements = [
    touchBlob.bindExpecting(1, { tenant, digest: blob.digest, used_at_ms: nowMs }),
    insertMap.bind({ ...row, template: sealedTemplate(row.id, text) }),
  ];
  await call.commit({ statements, events: [mapEvent(map, 'map.created')] }, answer, { target: `map:${row.id}` });
  maps.begin(map);
  return answer;
}

/** The blob of the items; items that came with the request become one. @throws UnknownBlob */
async function blobOf({ blobs }: MapOperationsParts, submission: MapSubmission, call: Call): Promise<BlobsTable> {
  const { tenant } = call.caller;
  const { items, itemsBlob } = submission;
  if (items) {
    const source = linesOfItems(items as JsonValue[]);
    const { digest } = await blobs.put(tenant, { source, digest: undefined, announcedBytes: undefined });
    return blobs.find(tenant, digest);
  }
  try {
    return await blobs.find(tenant, itemsBlob!);
  } catch (error) {
    if (!NotFound.is(error)) throw error;
    throw UnknownBlob.error(`there is no blob ${itemsBlob}`, { details: { digest: itemsBlob! } });
  }
}

async function shown(database: Database, row: MapsTable): Promise<MapRun> {
  const [map] = await allShown(database, [row]);
  return map!;
}

async function allShown(database: Database, rows: readonly MapsTable[]): Promise<MapRun[]> {
  if (rows.length === 0) return [];
  const counts = await database.read<ChunkCount>(selectChunkCounts(rows.map(({ id }) => id)));
  return rows.map((row) =>
    viewOf(
      row,
      counts.filter(({ map_id }) => map_id === row.id),
    ),
  );
}

function viewOf(row: MapsTable, counts: readonly ChunkCount[]): MapRun {
  const sum = (of: 'items' | 'chunks', isCounted: (count: ChunkCount) => boolean): number =>
    counts.filter(isCounted).reduce((total, count) => total + count[of], 0);
  const hasFailed = ({ state }: ChunkCount): boolean =>
    state === 'dead' || state === 'cancelled' || state === 'expired';
  const hasSucceeded = ({ state }: ChunkCount): boolean => state === 'succeeded';
  return {
    id: row.id,
    state: row.state,
    itemsBlob: row.digest,
    items: { total: row.total_items, done: sum('items', hasSucceeded), failed: sum('items', hasFailed) },
    chunks: {
      made: sum('chunks', () => true),
      live: sum('chunks', (count) => !hasFailed(count) && !hasSucceeded(count)),
      nextItems: row.chunk_items,
      ...(row.item_us === null ? {} : { itemUs: row.item_us }),
      targetMs: row.target_ms,
    },
    createdAtMs: row.created_at_ms,
    ...(row.finished_at_ms === null ? {} : { finishedAtMs: row.finished_at_ms }),
  };
}
