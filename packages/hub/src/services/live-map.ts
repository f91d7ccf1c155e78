import type { JsonValue } from '@reeve/kernel';
import type { MapSubmission } from '../api/map.ts';
import type { TaskSubmission } from '../api/task.ts';
import type { Pace, PaceRule } from '../domain/chunk-size.ts';
import type { MapsTable } from '../store/tables.ts';

/** What the chunks of a map have in common. */
export interface ChunkTemplate {
  readonly submission: Omit<TaskSubmission, 'input'>;
  readonly shared: JsonValue;
}

/** A map that has not ended. Everything in it follows from the record; it is rebuilt at a start. */
export interface LiveMap {
  readonly id: string;
  readonly tenant: string;
  readonly template: ChunkTemplate;
  readonly onFailure: 'stop' | 'continue';
  readonly digest: string;
  readonly totalItems: number;
  readonly rule: PaceRule;
  pace: Pace;
  /** What the next chunk begins with, and where in the blob that is. */
  nextItem: number;
  nextOffset: number;
  doneItems: number;
  failedItems: number;
  /** Tasks of chunks that have not ended. */
  readonly chunks: Set<string>;
  /** Resolved, and made anew, whenever a chunk is made or ends, and when the map does. */
  change: PromiseWithResolvers<void>;
  /** Whether it is being moved on, and whether something has happened since. */
  working: boolean;
  again: boolean;
}

export function templateOf(map: MapSubmission): ChunkTemplate {
  const { kind, requires, constraints, priority, timeoutMs, maxAttempts, backoff, labels, allowUnknown, verify } = map;
  const submission = {
    kind,
    requires,
    constraints,
    priority,
    timeoutMs,
    maxAttempts,
    backoff,
    labels,
    allowUnknown,
    verify,
  };
  return { submission, shared: map.shared };
}

/** A live map as its row has it, without its chunks. */
export function liveMap(row: MapsTable, templateText: string): LiveMap {
  return {
    id: row.id,
    tenant: row.tenant,
    template: JSON.parse(templateText) as ChunkTemplate,
    onFailure: row.on_failure,
    digest: row.digest,
    totalItems: row.total_items,
    rule: { targetMs: row.target_ms, maxItems: row.max_chunk_items },
    pace: { chunkItems: row.chunk_items, itemUs: row.item_us ?? undefined },
    nextItem: row.next_item,
    nextOffset: row.next_offset,
    doneItems: 0,
    failedItems: 0,
    chunks: new Set(),
    change: Promise.withResolvers(),
    working: false,
    again: false,
  };
}

/** Lets everybody look again who waits for something of the map. */
export function changed(map: LiveMap): void {
  map.change.resolve();
  map.change = Promise.withResolvers();
}
