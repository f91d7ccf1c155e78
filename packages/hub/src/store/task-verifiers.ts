import type { SealedText } from '@reeve/platform';
import { statement } from './tables.ts';

export const insertTaskVerifiers = statement<{ seq: number; verify: SealedText }>((db, p) =>
  db.insertInto('task_verifiers').values({ seq: p.seq, verify: p.verify }),
);

/** One page of the verifiers of live tasks. */
export const selectLiveTaskVerifiers = statement<{ after: number; limit: number }>((db, p) =>
  db
    .selectFrom('task_verifiers')
    .innerJoin('tasks', 'tasks.seq', 'task_verifiers.seq')
    .select(['task_verifiers.seq', 'task_verifiers.verify', 'tasks.id'])
    .where('tasks.live', '=', 1)
    .where('tasks.seq', '>', p.after)
    .orderBy('tasks.seq')
    .limit(p.limit),
);
