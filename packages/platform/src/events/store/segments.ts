import { statementsFor } from '../../database/statement.ts';
import type { BoundStatement, Database } from '../../database/port.ts';
import type { EventsSchema, SegmentRow } from './segment-row.ts';

/** What reading needs of a database. */
export type EventSource = Pick<Database, 'read'>;

export type SegmentEdge = Omit<SegmentRow, 'events'>;

const { statement } = statementsFor<EventsSchema>();

const segmentsAfter = statement<{ after: number; limit: number }>((db, p) =>
  db
    .selectFrom('event_segments')
    .selectAll()
    .where('last_position', '>', p.after)
    .orderBy('last_position')
    .limit(p.limit),
);
const edges = (order: 'asc' | 'desc') =>
  statement<{ limit: number }>((db, p) =>
    db
      .selectFrom('event_segments')
      .select(['first_position', 'last_position', 'at_ms'])
      .orderBy('last_position', order)
      .limit(p.limit),
  );
const oldestEdges = edges('asc');
const newestEdges = edges('desc');
const deleteUpTo = statement<{ position: number }>((db, p) =>
  db.deleteFrom('event_segments').where('last_position', '<=', p.position),
);

/** Segments that hold or follow the first event after a position, in order. */
export function readSegments(db: EventSource, after: number, limit: number): Promise<SegmentRow[]> {
  return db.read<SegmentRow>(segmentsAfter.bind({ after, limit }));
}

export function oldestSegments(db: EventSource, limit: number): Promise<SegmentEdge[]> {
  return db.read<SegmentEdge>(oldestEdges.bind({ limit }));
}

export function deleteSegmentsUpTo(position: number): BoundStatement {
  return deleteUpTo.bind({ position });
}

/** Position of the newest event; 0 when there was never one. */
export async function newestPosition(db: EventSource): Promise<number> {
  const [newest] = await db.read<SegmentEdge>(newestEdges.bind({ limit: 1 }));
  return newest?.last_position ?? 0;
}

/** Position of the oldest event that is kept; 1 when there was never one. */
export async function oldestPosition(db: EventSource): Promise<number> {
  const [oldest] = await oldestSegments(db, 1);
  return oldest?.first_position ?? 1;
}
