import type { SealedText } from '@reeve/platform';
import type { ApprovalState, CompensationState, WorkflowState } from '../api/workflow.ts';
import type { TaskState } from '../api/task.ts';
import { compile, statement, type WorkflowNodesTable, type WorkflowsTable } from './tables.ts';

export const insertWorkflow = statement<Pick<WorkflowsTable, 'id' | 'tenant' | 'name' | 'created_at_ms'>>((db, p) =>
  db.insertInto('workflows').values({
    id: p.id,
    tenant: p.tenant,
    name: p.name,
    state: 'running',
    compensation: 'none',
    live: 1,
    stopped: 0,
    created_at_ms: p.created_at_ms,
  }),
);

type NewNode = Pick<
  WorkflowNodesTable,
  'workflow_id' | 'name' | 'position' | 'depends_on' | 'task_seq' | 'about' | 'approval'
>;

export const insertNode = statement<NewNode & { compensate: SealedText | null }>((db, p) =>
  db.insertInto('workflow_nodes').values({
    workflow_id: p.workflow_id,
    name: p.name,
    position: p.position,
    depends_on: p.depends_on,
    task_seq: p.task_seq,
    about: p.about,
    approval: p.approval,
    compensate: p.compensate,
  }),
);

export const selectWorkflow = statement<{ id: string }>((db, p) =>
  db.selectFrom('workflows').selectAll().where('id', '=', p.id),
);

export const selectLiveWorkflows = statement<{ after: string; limit: number }>((db, p) =>
  db.selectFrom('workflows').selectAll().where('live', '=', 1).where('id', '>', p.after).orderBy('id').limit(p.limit),
);

export interface WorkflowFilter {
  readonly tenant: string;
  readonly before: string;
  readonly limit: number;
  readonly state?: WorkflowState | undefined;
}

/** One page, newest first. */
export function selectWorkflowPage({ tenant, before, limit, state }: WorkflowFilter) {
  return compile((db) => {
    let query = db.selectFrom('workflows').selectAll().where('tenant', '=', tenant).orderBy('id', 'desc').limit(limit);
    if (before !== '') query = query.where('id', '<', before);
    return state === undefined ? query : query.where('state', '=', state);
  });
}

/** A node with what its tasks are at. */
export interface NodeRow extends WorkflowNodesTable {
  readonly task_id: string | null;
  readonly task_state: TaskState | null;
  readonly task_error: string | null;
  readonly task_run_at_ms: number | null;
  readonly task_finished_at_ms: number | null;
  readonly compensation_id: string | null;
  readonly compensation_state: TaskState | null;
}

export const selectNodes = statement<{ workflow_id: string }>((db, p) =>
  db
    .selectFrom('workflow_nodes')
    .leftJoin('tasks as work', 'work.seq', 'workflow_nodes.task_seq')
    .leftJoin('tasks as undoing', 'undoing.seq', 'workflow_nodes.compensation_seq')
    .selectAll('workflow_nodes')
    .select(['work.id as task_id', 'work.state as task_state', 'work.error as task_error'])
    .select(['work.run_at_ms as task_run_at_ms', 'work.finished_at_ms as task_finished_at_ms'])
    .select(['undoing.id as compensation_id', 'undoing.state as compensation_state'])
    .where('workflow_nodes.workflow_id', '=', p.workflow_id)
    .orderBy('workflow_nodes.position'),
);

/** The workflow that a task is a node of, if it is one. */
export const selectWorkflowOf = statement<{ task_seq: number }>((db, p) =>
  db.selectFrom('workflow_nodes').select('workflow_id').where('task_seq', '=', p.task_seq),
);

export const updateCompletion = statement<{ workflow_id: string; name: string; completion: number }>((db, p) =>
  db
    .updateTable('workflow_nodes')
    .set({ completion: p.completion })
    .where('workflow_id', '=', p.workflow_id)
    .where('name', '=', p.name)
    .where('completion', 'is', null),
);

export const updateApproval = statement<{
  workflow_id: string;
  name: string;
  from: ApprovalState;
  approval: ApprovalState;
  approval_by: string | null;
  approval_at_ms: number | null;
}>((db, p) =>
  db
    .updateTable('workflow_nodes')
    .set({ approval: p.approval, approval_by: p.approval_by, approval_at_ms: p.approval_at_ms })
    .where('workflow_id', '=', p.workflow_id)
    .where('name', '=', p.name)
    .where('approval', '=', p.from),
);

export const updateCompensation = statement<{ workflow_id: string; name: string; compensation_seq: number }>((db, p) =>
  db
    .updateTable('workflow_nodes')
    .set({ compensation_seq: p.compensation_seq })
    .where('workflow_id', '=', p.workflow_id)
    .where('name', '=', p.name)
    .where('compensation_seq', 'is', null),
);

export const stopWorkflow = statement<{ id: string }>((db, p) =>
  db
    .updateTable('workflows')
    .set({ stopped: 1 })
    .where('id', '=', p.id)
    .where('state', '=', 'running')
    .where('stopped', '=', 0),
);

export const updateWorkflow = statement<{
  id: string;
  state: WorkflowState;
  compensation: CompensationState;
  live: 1 | null;
  finished_at_ms: number | null;
}>((db, p) =>
  db
    .updateTable('workflows')
    .set({ state: p.state, compensation: p.compensation, live: p.live, finished_at_ms: p.finished_at_ms })
    .where('id', '=', p.id)
    .where('live', '=', 1),
);

/** Lets a blocked task wait for its time or for an agent; no row when it has ended meanwhile. */
export const releaseBlocked = statement<{ seq: number; state: 'queued' | 'scheduled' }>((db, p) =>
  db.updateTable('tasks').set({ state: p.state }).where('seq', '=', p.seq).where('state', '=', 'blocked'),
);

export const updateTaskInput = statement<{ seq: number; input: SealedText }>((db, p) =>
  db.updateTable('task_inputs').set({ input: p.input }).where('seq', '=', p.seq),
);
