import { setImmediate } from 'node:timers/promises';
import type { Database } from '../database/port.ts';
import { deleteSegmentsUpTo, oldestSegments, type SegmentEdge } from './store/segments.ts';

/** Segments removed in one unit, so that no commit grows long. */
const segmentsPerUnit = 500;

/**
 * Removes the oldest events up to the first that is not older than `beforeMs`, so that what is kept has no gaps. The
 * newest segment always stays: it remembers the position that comes next.
 * @returns how many events were removed.
 */
export async function pruneEvents(db: Database, beforeMs: number, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  for (;;) {
    signal?.throwIfAborted();
    const old = oldPrefix(await oldestSegments(db, segmentsPerUnit + 1), beforeMs);
    if (old.length === 0) return removed;
    const upTo = old.at(-1)!.last_position;
    await db.commit({ statements: [deleteSegmentsUpTo(upTo)] });
    removed += upTo - old[0]!.first_position + 1;
    await setImmediate();
  }
}

/** The segments at the start that may go; the last one given is never among them. */
function oldPrefix(segments: readonly SegmentEdge[], beforeMs: number): readonly SegmentEdge[] {
  const firstKept = segments.findIndex((segment) => segment.at_ms >= beforeMs);
  const count = firstKept < 0 ? segments.length - 1 : Math.min(firstKept, segments.length - 1);
  return segments.slice(0, Math.max(0, count));
}
