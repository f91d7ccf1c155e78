import { setImmediate } from 'node:timers/promises';
import { statementsFor } from '../database/statement.ts';
import type { Database } from '../database/port.ts';
import type { EventsSchema, SegmentRow } from './segment.ts';

const { statement } = statementsFor<EventsSchema>();

/** Segments removed in one unit, so that no commit grows long. */
const segmentsPerUnit = 500;

const oldestSegments = statement<{ limit: number }>((db, p) =>
  db
    .selectFrom('event_segments')
    .select(['first_position', 'last_position', 'at_ms'])
    .orderBy('last_position')
    .limit(p.limit),
);
const deleteUpTo = statement<{ position: number }>((db, p) =>
  db.deleteFrom('event_segments').where('last_position', '<=', p.position),
);

/**
 * Removes the oldest events up to the first that is not older than `beforeMs`, so that what is kept has no gaps. The
 * newest segment always stays: it remembers the position that comes next.
 * @returns how many events were removed.
 */
export async function pruneEvents(db: Database, beforeMs: number, signal?: AbortSignal): Promise<number> {
  let removed = 0;
  for (;;) {
    signal?.throwIfAborted();
    const segments = await db.read<SegmentRow>(oldestSegments.bind({ limit: segmentsPerUnit + 1 }));
    const old = oldPrefix(segments, beforeMs);
    if (old.length === 0) return removed;
    const upTo = old.at(-1)!.last_position;
    await db.commit({ statements: [deleteUpTo.bind({ position: upTo })] });
    removed += upTo - old[0]!.first_position + 1;
    await setImmediate();
  }
}

/** The segments at the start that may go; the last one given is never among them. */
function oldPrefix(segments: readonly SegmentRow[], beforeMs: number): readonly SegmentRow[] {
  const firstKept = segments.findIndex((segment) => segment.at_ms >= beforeMs);
  const count = firstKept < 0 ? segments.length - 1 : Math.min(firstKept, segments.length - 1);
  return segments.slice(0, Math.max(0, count));
}
