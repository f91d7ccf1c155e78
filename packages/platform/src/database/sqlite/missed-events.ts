import type { EventDraft, EventRecord } from '../port.ts';
import type { Reader } from './reader.ts';

const segmentsSql = `SELECT first_position, at_ms, events FROM event_segments
  WHERE last_position > ? ORDER BY last_position LIMIT 10`;

/** Events that were committed by a writer thread that ended before it could tell of them, group by group. */
export function* missedEvents(reader: Reader, toldPosition: number): Generator<readonly EventRecord[]> {
  let after = toldPosition;
  for (;;) {
    const segments = reader.read({ sql: segmentsSql, params: [after] }) as unknown as Segment[];
    if (segments.length === 0) return;
    for (const segment of segments) {
      const events = recordsOf(segment);
      after = events.at(-1)!.position;
      yield events;
    }
  }
}

interface Segment {
  readonly first_position: number;
  readonly at_ms: number;
  readonly events: string;
}

function recordsOf({ first_position, at_ms, events }: Segment): EventRecord[] {
  const drafts = JSON.parse(events) as EventDraft[];
  return drafts.map((draft, index) => ({ position: first_position + index, atMs: at_ms, ...draft }));
}
