import { sql } from 'kysely';
import type { TaskState } from '../api/task.ts';
import { compile, statement, type TasksTable } from './tables.ts';

export type TaskRow = TasksTable & { input?: string; verify?: string | null };

export const selectTask = statement<{ id: string }>((db, p) =>
  db
    .selectFrom('tasks')
    .innerJoin('task_inputs', 'task_inputs.seq', 'tasks.seq')
    .leftJoin('task_verifiers', 'task_verifiers.seq', 'tasks.seq')
    .selectAll('tasks')
    .select(['task_inputs.input', 'task_verifiers.verify'])
    .where('tasks.id', '=', p.id),
);

/** Whatever the answer to a late or repeated result depends on. */
export const selectTaskFence = statement<{ id: string }>((db, p) =>
  db.selectFrom('tasks').select(['state', 'fence', 'live', 'agent_id']).where('id', '=', p.id),
);

export const selectInput = statement<{ seq: number }>((db, p) =>
  db.selectFrom('task_inputs').select('input').where('seq', '=', p.seq),
);

const liveColumns = [
  'seq',
  'id',
  'tenant',
  'kind',
  'state',
  'attached',
  'priority',
  'requires',
  'constraints',
  'attempt',
  'max_attempts',
  'timeout_ms',
  'backoff',
  'fence',
  'agent_id',
  'submitted_at_ms',
  'run_at_ms',
  'deadline_at_ms',
] as const;

/** What memory holds of a task that has not ended; nothing of its payloads. */
export type LiveTaskRow = Pick<TasksTable, (typeof liveColumns)[number]>;

/** One page of live tasks in order of submission: what a restart rebuilds the queues from. */
export const selectLiveTasks = statement<{ after: number; limit: number }>((db, p) =>
  db
    .selectFrom('tasks')
    .select(liveColumns)
    .where('live', '=', 1)
    .where('seq', '>', p.after)
    .orderBy('seq')
    .limit(p.limit),
);

export const selectNewestSeq = statement((db) =>
  db.selectFrom('tasks').select((select) => select.fn.max('seq').as('seq')),
);

const summaryColumns = [
  'seq',
  'id',
  'tenant',
  'kind',
  'state',
  'priority',
  'requires',
  'constraints',
  'labels',
  'attempt',
  'max_attempts',
  'timeout_ms',
  'fence',
  'agent_id',
  'error',
  'submitted_at_ms',
  'leased_at_ms',
  'finished_at_ms',
  'run_at_ms',
  'deadline_at_ms',
] as const;

export interface TaskFilter {
  readonly tenant: string;
  readonly before: number;
  readonly limit: number;
  readonly state?: TaskState | undefined;
  readonly capability?: string | undefined;
  readonly kind?: string | undefined;
  /** For what is scheduled: from this time on it counts as queued. */
  readonly nowMs: number;
}

/** One page, newest first; the capability is looked for in the JSON of the requirements. */
export function selectTaskPage(filter: TaskFilter) {
  return compile((db) => {
    let query = db
      .selectFrom('tasks')
      .select(summaryColumns)
      .where('tenant', '=', filter.tenant)
      .where('seq', '<', filter.before)
      .orderBy('seq', 'desc')
      .limit(filter.limit);
    if (filter.state) query = query.where(isIn(filter.state, filter.nowMs));
    if (filter.kind) query = query.where('kind', '=', filter.kind);
    if (filter.capability) query = query.where(mentions(filter.capability));
    return query;
  });
}

function isIn(state: TaskState, nowMs: number) {
  if (state === 'queued') return sql<boolean>`(state = 'queued' or (state = 'scheduled' and run_at_ms <= ${nowMs}))`;
  // Says the same as the state, and the index of the dead ones is over this.
  if (state === 'dead') return sql<boolean>`live = 0`;
  if (state === 'scheduled') return sql<boolean>`(state = 'scheduled' and run_at_ms > ${nowMs})`;
  return sql<boolean>`state = ${state}`;
}

/** Whether the JSON of the requirements names a capability; `_` is the one wildcard of LIKE that a name can contain. */
function mentions(capability: string) {
  const pattern = `%"name":"${capability.replaceAll('_', '!_')}"%`;
  return sql<boolean>`requires like ${pattern} escape '!'`;
}
