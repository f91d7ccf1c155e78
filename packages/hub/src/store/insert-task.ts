import type { SealedText } from '@reeve/platform';
import { compile, statement, type TasksTable } from './tables.ts';

export type NewTaskRow = Omit<
  TasksTable,
  'live' | 'fence' | 'agent_id' | 'output' | 'error' | 'leased_at_ms' | 'finished_at_ms' | 'attempt'
>;

export const insertTask = statement<NewTaskRow>((db, p) =>
  db.insertInto('tasks').values({
    seq: p.seq,
    id: p.id,
    tenant: p.tenant,
    kind: p.kind,
    state: p.state,
    live: 1,
    attached: p.attached,
    priority: p.priority,
    requires: p.requires,
    constraints: p.constraints,
    labels: p.labels,
    attempt: 0,
    max_attempts: p.max_attempts,
    timeout_ms: p.timeout_ms,
    backoff: p.backoff,
    submitted_at_ms: p.submitted_at_ms,
    run_at_ms: p.run_at_ms,
    deadline_at_ms: p.deadline_at_ms,
  }),
);

export const insertTaskInput = statement<{ seq: number; input: SealedText }>((db, p) =>
  db.insertInto('task_inputs').values({ seq: p.seq, input: p.input }),
);

/** Claims an idempotency key for a task; breaks the primary key when the key is taken. */
export const insertTaskKey = statement<{ tenant: string; key: string; task_id: string; body_hash: string }>((db, p) =>
  db.insertInto('task_keys').values({ tenant: p.tenant, key: p.key, task_id: p.task_id, body_hash: p.body_hash }),
);

/** The tasks that some of these keys stand for. */
export function selectTaskKeys(tenant: string, keys: readonly string[]) {
  return compile((db) =>
    db
      .selectFrom('task_keys')
      .select(['key', 'task_id', 'body_hash'])
      .where('tenant', '=', tenant)
      .where('key', 'in', keys),
  );
}
