import type { JsonValue } from '@reeve/kernel';
import { streamRoute, type Database, type RawRoute } from '@reeve/platform';
import { streamMapResults } from '../api/map-operations.ts';
import type { MapResult } from '../api/map.ts';
import { endStates, type TaskState } from '../api/task.ts';
import { selectChunkAt } from '../store/maps.ts';
import { openPayloads } from '../store/payloads.ts';
import { errorOf } from '../store/task-json.ts';
import { findMap } from './map-operations.ts';
import type { Maps } from './maps.ts';

export interface MapResultsParts {
  readonly maps: Maps;
  readonly database: Database;
}

interface ChunkRow {
  readonly first_item: number;
  readonly items: number;
  readonly seq: number;
  readonly state: TaskState;
  readonly output: string | null;
  readonly error: string | null;
}

/** `maps.results`: reads one chunk after the other as they end, so memory holds the results of one. */
export function mapResultsRoute(parts: MapResultsParts): RawRoute {
  return streamRoute(streamMapResults, ({ id, from }, { caller, signal }) =>
    resultsOf(parts, { id, from, tenant: caller.tenant }, signal),
  );
}

interface Wanted {
  readonly id: string;
  readonly from: number;
  readonly tenant: string;
}

async function* resultsOf(
  { maps, database }: MapResultsParts,
  { id, from, tenant }: Wanted,
  signal: AbortSignal,
): AsyncGenerator<MapResult[]> {
  await findMap(database, id, tenant); // refused while an answer can still say so
  yield [];
  for (let item = from; !signal.aborted;) {
    // Asked for before the look into the record: what happens in between is then not missed.
    const change = maps.get(id)?.change.promise;
    const chunk = await endedChunkAt(database, id, item);
    if (chunk) {
      yield linesOf(chunk, item);
      item = chunk.first_item + chunk.items;
      continue;
    }
    const { state, total_items } = await findMap(database, id, tenant);
    if (state !== 'running' && (!change || item >= total_items)) {
      yield [{ end: { state, nextItem: item } }];
      return;
    }
    if (!change) throw new Error(`the map ${id} is running, and nothing moves it on`);
    await orAborted(change, signal);
  }
}

async function endedChunkAt(database: Database, map_id: string, item: number): Promise<ChunkRow | undefined> {
  const [row] = await database.read<ChunkRow>(selectChunkAt.bind({ map_id, item }));
  if (!row || row.first_item + row.items <= item || !endStates.has(row.state)) return undefined;
  return openPayloads(database, row);
}

function linesOf(chunk: ChunkRow, from: number): MapResult[] {
  const items = Array.from({ length: chunk.items }, (_, at) => chunk.first_item + at).filter((item) => item >= from);
  if (chunk.state !== 'succeeded') {
    const error = errorOf(chunk) ?? { code: chunk.state, message: `its chunk is ${chunk.state}`, retryable: false };
    return items.map((item) => ({ item, error }));
  }
  const results = JSON.parse(chunk.output!) as JsonValue[];
  return items.map((item) => ({ item, result: results[item - chunk.first_item]! }));
}

function orAborted(change: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    void change.then(resolve);
  });
}
