import { statementsFor } from '../database/statement.ts';
import type { Database } from '../database/port.ts';
import type { EventsSchema, SegmentRow } from './segment.ts';

/** What reading needs of a database. */
export type EventSource = Pick<Database, 'read'>;

const { statement } = statementsFor<EventsSchema>();

const segmentsAfter = statement<{ after: number; limit: number }>((db, p) =>
  db
    .selectFrom('event_segments')
    .selectAll()
    .where('last_position', '>', p.after)
    .orderBy('last_position')
    .limit(p.limit),
);
const edge = (order: 'asc' | 'desc') =>
  statement((db) =>
    db
      .selectFrom('event_segments')
      .select(['first_position', 'last_position'])
      .orderBy('last_position', order)
      .limit(1),
  );
const oldestSegment = edge('asc');
const newestSegment = edge('desc');

type Edge = Pick<SegmentRow, 'first_position' | 'last_position'>;

export function readSegments(db: EventSource, after: number, limit: number): Promise<SegmentRow[]> {
  return db.read<SegmentRow>(segmentsAfter.bind({ after, limit }));
}

/** Position of the newest event; 0 when there was never one. */
export async function newestPosition(db: EventSource): Promise<number> {
  const [newest] = await db.read<Edge>(newestSegment.bind({}));
  return newest?.last_position ?? 0;
}

/** Position of the oldest event that is kept; 1 when there was never one. */
export async function oldestPosition(db: EventSource): Promise<number> {
  const [oldest] = await db.read<Edge>(oldestSegment.bind({}));
  return oldest?.first_position ?? 1;
}
