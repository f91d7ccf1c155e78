import type { BoundStatement, Database } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import type { PeopleTables, SessionRow } from './tables.ts';

const { statement } = statementsFor<PeopleTables>();

const insert = statement<SessionRow>((db, p) =>
  db.insertInto('sessions').values({
    id: p.id,
    user_id: p.user_id,
    generation: p.generation,
    created_at_ms: p.created_at_ms,
    expires_at_ms: p.expires_at_ms,
    stepped_up_at_ms: p.stepped_up_at_ms,
    ended_at_ms: p.ended_at_ms,
    end_reason: p.end_reason,
  }),
);

export const insertSession = (row: SessionRow): BoundStatement => insert.bind(row);

const page = statement<{ after: string; nowMs: number; limit: number }>((db, p) =>
  db
    .selectFrom('sessions')
    .selectAll()
    .where('id', '>', p.after)
    .where('expires_at_ms', '>', p.nowMs)
    .orderBy('id')
    .limit(p.limit),
);

/** Sessions whose tokens may still be shown, ended ones too. */
export function readSessions(database: Database, after: string, nowMs: number, limit: number): Promise<SessionRow[]> {
  return database.read<SessionRow>(page.bind({ after, nowMs, limit }));
}

const next = statement<{ id: string; generation: number; next: number; expiresAtMs: number }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ generation: p.next, expires_at_ms: p.expiresAtMs })
    .where('id', '=', p.id)
    .where('generation', '=', p.generation)
    .where('ended_at_ms', 'is', null),
);

/** Uses the refresh token of this generation up; changes no row when somebody was first, or the session has ended. */
export const nextGeneration = (id: string, generation: number, expiresAtMs: number): BoundStatement =>
  next.bind({ id, generation, next: generation + 1, expiresAtMs });

const stepUp = statement<{ id: string; nowMs: number }>((db, p) =>
  db.updateTable('sessions').set({ stepped_up_at_ms: p.nowMs }).where('id', '=', p.id).where('ended_at_ms', 'is', null),
);

export const stepSessionUp = (id: string, nowMs: number): BoundStatement => stepUp.bind({ id, nowMs });

const end = statement<{ id: string; nowMs: number; reason: SessionRow['end_reason'] }>((db, p) =>
  db
    .updateTable('sessions')
    .set({ ended_at_ms: p.nowMs, end_reason: p.reason })
    .where('id', '=', p.id)
    .where('ended_at_ms', 'is', null),
);

/** Ends a login and all its tokens; changes no row when it has ended. */
export const endSession = (id: string, nowMs: number, reason: SessionRow['end_reason']): BoundStatement =>
  end.bind({ id, nowMs, reason });

const prune = statement<{ nowMs: number }>((db, p) => db.deleteFrom('sessions').where('expires_at_ms', '<=', p.nowMs));

/** Forgets sessions none of whose tokens can be shown any more. */
export const pruneSessions = (nowMs: number): BoundStatement => prune.bind({ nowMs });
