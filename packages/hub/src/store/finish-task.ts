import type { SealedText } from '@reeve/platform';
import { statement } from './tables.ts';

/**
 * The fence: a result is taken only under the fence of the newest lease, and only while the task is leased. No row
 * changed means that the lease is lost.
 */
export const succeedTask = statement<{ seq: number; fence: number; output: SealedText; finished_at_ms: number }>(
  (db, p) =>
    db
      .updateTable('tasks')
      .set({ state: 'succeeded', live: null, output: p.output, error: null, finished_at_ms: p.finished_at_ms })
      .where('seq', '=', p.seq)
      .where('fence', '=', p.fence)
      .where('state', '=', 'leased'),
);

/** Ends a task whose last attempt failed. */
export const buryTask = statement<{
  seq: number;
  fence: number;
  error: SealedText;
  finished_at_ms: number;
}>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: 'dead', live: 0, error: p.error, finished_at_ms: p.finished_at_ms })
    .where('seq', '=', p.seq)
    .where('fence', '=', p.fence)
    .where('state', '=', 'leased'),
);

/** Ends a task that cannot even be begun: it was blocked until now. */
export const buryBlocked = statement<{ seq: number; error: SealedText; finished_at_ms: number }>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: 'dead', live: 0, error: p.error, finished_at_ms: p.finished_at_ms })
    .where('seq', '=', p.seq)
    .where('state', '=', 'blocked'),
);

/** Ends a task that has not ended, leased or not: whichever of this and a result commits first is what counts. */
export const endTask = statement<{
  seq: number;
  state: 'cancelled' | 'expired';
  error: SealedText;
  finished_at_ms: number;
}>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: p.state, live: null, error: p.error, finished_at_ms: p.finished_at_ms })
    .where('seq', '=', p.seq)
    .where('live', '=', 1),
);

/** Takes the lease back and lets the task wait again; `attempt` is lowered when the attempt does not count. */
export const releaseTask = statement<{
  seq: number;
  fence: number;
  attempt: number;
  state: 'queued' | 'scheduled';
  error: SealedText | null;
  run_at_ms: number | null;
}>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: p.state, attempt: p.attempt, error: p.error, run_at_ms: p.run_at_ms, agent_id: null })
    .where('seq', '=', p.seq)
    .where('fence', '=', p.fence)
    .where('state', '=', 'leased'),
);

/** Gives a dead task new attempts. */
export const reviveTask = statement<{ seq: number; max_attempts: number }>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: 'queued', live: 1, max_attempts: p.max_attempts, finished_at_ms: null, run_at_ms: null })
    .where('seq', '=', p.seq)
    .where('state', '=', 'dead'),
);
