import { statement } from './tables.ts';

/** Another agent has the lease from now on, under the same fence; refused (no row) when that is not the newest any more. */
export const moveLease = statement<{ seq: number; fence: number; agent_id: string }>((db, p) =>
  db
    .updateTable('tasks')
    .set({ agent_id: p.agent_id })
    .where('seq', '=', p.seq)
    .where('fence', '=', p.fence)
    .where('state', '=', 'leased'),
);
