import { segmentEvents, type SegmentRow } from '../../events/store/segment-row.ts';
import type { EventRecord } from '../port.ts';
import type { Reader } from './writer.ts';

const segmentsSql = `SELECT last_position, first_position, at_ms, events FROM event_segments
  WHERE last_position > ? ORDER BY last_position LIMIT 10`;

/** Events that were committed by a writer that ended before it could tell of them, group by group. */
export async function* missedEvents(reader: Reader, toldPosition: number): AsyncGenerator<readonly EventRecord[]> {
  for (let after = toldPosition; ;) {
    const segments = (await reader.read({ sql: segmentsSql, params: [after] })) as unknown as SegmentRow[];
    if (segments.length === 0) return;
    for (const segment of segments) yield segmentEvents(segment);
    after = segments.at(-1)!.last_position;
  }
}
