import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';

export interface RotationRow {
  id: string;
  to_key: string;
  state: 'running' | 'done';
  /** Which of the sealed columns it is at, counted from 0. */
  next_column: number;
  /** JSON of the key of the last row it has looked at there; `[]` at the beginning. */
  after_key: string;
  looked_at: number;
  resealed: number;
  /** Values that could not be opened: their key is unknown, or they were tampered with. */
  unreadable: number;
  started_at_ms: number;
  finished_at_ms: number | null;
}

const { statement } = statementsFor<{ encryption_rotations: RotationRow }>();

const insert = statement<RotationRow>((db, p) =>
  db.insertInto('encryption_rotations').values({
    id: p.id,
    to_key: p.to_key,
    state: p.state,
    next_column: p.next_column,
    after_key: p.after_key,
    looked_at: p.looked_at,
    resealed: p.resealed,
    unreadable: p.unreadable,
    started_at_ms: p.started_at_ms,
    finished_at_ms: p.finished_at_ms,
  }),
);

export const insertRotation = (row: RotationRow): BoundStatement => insert.bind(row);

const advance = statement<Omit<RotationRow, 'started_at_ms'>>((db, p) =>
  db
    .updateTable('encryption_rotations')
    .set({
      to_key: p.to_key,
      state: p.state,
      next_column: p.next_column,
      after_key: p.after_key,
      looked_at: p.looked_at,
      resealed: p.resealed,
      unreadable: p.unreadable,
      finished_at_ms: p.finished_at_ms,
    })
    .where('id', '=', p.id),
);

/** Writes down how far it has come. */
export const advanceRotation = (row: RotationRow): BoundStatement => advance.bind(row);

const newest = statement((db) => db.selectFrom('encryption_rotations').selectAll().orderBy('id', 'desc').limit(1));

export async function newestRotation(database: Database): Promise<RotationRow | undefined> {
  return (await database.read<RotationRow>(newest.bind({})))[0];
}
