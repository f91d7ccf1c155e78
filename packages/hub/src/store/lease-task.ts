import { statement } from './tables.ts';

/** Gives a lease: refused (no row) when the task has ended, or a newer lease is written down already. */
export const leaseTask = statement<{
  seq: number;
  fence: number;
  attempt: number;
  agent_id: string;
  leased_at_ms: number;
}>((db, p) =>
  db
    .updateTable('tasks')
    .set({ state: 'leased', fence: p.fence, attempt: p.attempt, agent_id: p.agent_id, leased_at_ms: p.leased_at_ms })
    .where('seq', '=', p.seq)
    .where('live', '=', 1)
    .where((where) => where.or([where('fence', 'is', null), where('fence', '<', p.fence)])),
);
