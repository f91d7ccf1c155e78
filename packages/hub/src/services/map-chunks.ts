import { MalformedRequest } from '@reeve/kernel';
import type { Database } from '@reeve/platform';
import type { MapChunk } from '../api/map.ts';
import { selectChunkPage, type ChunkRow } from '../store/maps.ts';

interface PageOfChunks {
  items: MapChunk[];
  nextCursor?: string;
}

/** One page of the chunks of a map, in the order of its items; the cursor is the first item of the last one told. */
export async function pageOfChunks(
  database: Database,
  map_id: string,
  { limit, cursor = '-1' }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<PageOfChunks> {
  if (!/^(-1|\d{1,15})$/.test(cursor)) throw MalformedRequest.error('this is no cursor of maps.chunks');
  const rows = await database.read<ChunkRow>(selectChunkPage.bind({ map_id, after: Number(cursor), limit: limit + 1 }));
  const items = rows.slice(0, limit).map(viewOf);
  return rows.length > limit ? { items, nextCursor: String(items.at(-1)!.firstItem) } : { items };
}

function viewOf({ first_item, items, id, state, attempt, agent_id, leased_at_ms, finished_at_ms }: ChunkRow): MapChunk {
  return {
    taskId: id,
    firstItem: first_item,
    items,
    state,
    attempt,
    ...(agent_id === null ? {} : { agentId: agent_id }),
    ...(leased_at_ms === null ? {} : { leasedAtMs: leased_at_ms }),
    ...(finished_at_ms === null ? {} : { finishedAtMs: finished_at_ms }),
  };
}
