import { InvalidInput, MalformedRequest, uuidv7, type Clock } from '@reeve/kernel';
import { bind, ExpectationFailed, type BoundOperation, type Call, type Database } from '@reeve/platform';
import type { TaskSubmission } from '../api/task.ts';
import {
  approveNode,
  cancelWorkflow,
  createWorkflow,
  listWorkflows,
  showWorkflow,
} from '../api/workflow-operations.ts';
import type { WorkflowNode, WorkflowRun, WorkflowSubmission } from '../api/workflow.ts';
import type { LiveTask } from '../domain/live.ts';
import { outputsIn } from '../domain/output-references.ts';
import { ancestorsOf } from '../domain/workflow-graph.ts';
import { NotWaitingForApproval, WorkflowEnded } from '../errors.ts';
import { sealedCompensate } from '../store/payloads.ts';
import type { WorkflowsTable } from '../store/tables.ts';
import {
  insertNode,
  insertWorkflow,
  selectWorkflowPage,
  stopWorkflow,
  updateApproval,
  type NodeRow,
} from '../store/workflows.ts';
import type { Submissions } from './submissions.ts';
import { findWorkflow, nodesOf, workflowSummary, workflowView } from './workflow-view.ts';
import { workflowEvent } from './task-event.ts';
import type { Workflows } from './workflows.ts';

export interface WorkflowOperationsParts {
  readonly workflows: Workflows;
  readonly submissions: Submissions;
  readonly database: Database;
  readonly clock: Clock;
}

/** The handlers of `workflows.*`. */
export function workflowOperations(parts: WorkflowOperationsParts): BoundOperation[] {
  const { database } = parts;
  return [
    bind(createWorkflow, (submission, call) => create(parts, submission, call)),
    bind(showWorkflow, async ({ id }, { caller }) => {
      const row = await findWorkflow(database, id, caller.tenant);
      return workflowView(row, await nodesOf(database, id));
    }),
    bind(listWorkflows, async ({ limit, cursor = '', state }, { caller: { tenant } }) => {
      if (cursor !== '' && !/^[0-9a-f-]{36}$/.test(cursor))
        throw MalformedRequest.error('this is no cursor of workflows.list');
      const query = selectWorkflowPage({ tenant, before: cursor, limit: limit + 1, state });
      const rows = await database.read<WorkflowsTable>(query);
      const items = rows.slice(0, limit).map(workflowSummary);
      return rows.length > limit ? { items, nextCursor: items.at(-1)!.id } : { items };
    }),
    bind(approveNode, ({ id, node, agree }, call) => approve(parts, { id, node, agree }, call)),
    bind(cancelWorkflow, ({ id }, call) => cancel(parts, id, call)),
  ];
}

async function create(
  { workflows, submissions, clock }: WorkflowOperationsParts,
  { name, nodes }: WorkflowSubmission,
  call: Call,
): Promise<WorkflowRun> {
  checkNodes(nodes, submissions);
  const { tenant } = call.caller;
  const nowMs = clock.nowMs();
  const id = uuidv7(nowMs);
  const worked = nodes.flatMap((node) => node.task ?? []) as TaskSubmission[];
  const blocked = new Set(nodes.flatMap(({ task, dependsOn }) => (task && dependsOn.length > 0 ? [task] : [])));
  let answer: WorkflowRun | undefined;
  let taskIds: string[] = [];
  await submissions.submit(
    tenant,
    worked,
    async (statements, events, { tasks }) => {
      const row = newWorkflow({ id, tenant, name, created_at_ms: nowMs });
      const rows = newNodes(id, nodes, tasks);
      answer = workflowView(row, rows);
      taskIds = tasks.map((task) => task.id);
      const inserts = rows.map((node) => insertNode.bind({ ...node, compensate: sealedOf(node) }));
      const created = workflowEvent(row, 'workflow.created', { name, nodes: nodes.length });
      await call.commit(
        { statements: [...statements, insertWorkflow.bind(row), ...inserts], events: [...events, created] },
        answer,
        { target: `workflow:${id}` },
      );
      workflows.begin(row, taskIds);
    },
    { blocked: blocked as ReadonlySet<TaskSubmission>, span: call.span },
  );
  return answer!;
}

/** @throws InvalidInput, WorkflowCycle, UnknownCapability */
function checkNodes(nodes: readonly WorkflowNode[], submissions: Submissions): void {
  const ancestors = ancestorsOf(nodes);
  const withOutput = new Set(nodes.filter(({ task }) => task).map(({ name }) => name));
  nodes.forEach(({ name, task, compensate }, at) => {
    const known = ancestors.get(name)!;
    for (const other of outputsIn(task?.input ?? null))
      if (!known.has(other) || !withOutput.has(other)) throw notBefore(at, 'task', name, other);
    if (!compensate) return;
    submissions.check(compensate);
    if (JSON.stringify(compensate.input).includes('"path"') && hasPath(compensate.input))
      throw refused(at, 'compensate', 'the input of a compensation takes outputs whole: it must never lack a part');
    for (const other of outputsIn(compensate.input))
      if (other !== name && !(known.has(other) && withOutput.has(other)))
        throw notBefore(at, 'compensate', name, other);
  });
}

function hasPath(input: TaskSubmission['input']): boolean {
  if (typeof input !== 'object' || input === null) return false;
  if (!Array.isArray(input) && Object.hasOwn(input, '$output')) return Object.hasOwn(input, 'path');
  return Object.values(input).some(hasPath);
}

function notBefore(at: number, member: string, name: string, other: string): Error {
  return refused(at, member, `${name} refers to the output of ${other}, which is no task before it`);
}

function refused(at: number, member: string, message: string): Error {
  return InvalidInput.error(message, { issues: [{ path: ['nodes', at, member, 'input'], message }] });
}

function newWorkflow(facts: Pick<WorkflowsTable, 'id' | 'tenant' | 'name' | 'created_at_ms'>): WorkflowsTable {
  return { ...facts, state: 'running', compensation: 'none', live: 1, stopped: 0, finished_at_ms: null };
}

/** The rows of nodes, with the tasks that were made for them in the same order. */
function newNodes(workflow_id: string, nodes: readonly WorkflowNode[], tasks: readonly LiveTask[]): NodeRow[] {
  const rest = [...tasks];
  return nodes.map(({ name, dependsOn, task, approval, compensate }, position) => {
    const made = task ? rest.shift()! : undefined;
    const isBlocked = dependsOn.length > 0;
    return {
      workflow_id,
      name,
      position,
      depends_on: JSON.stringify(dependsOn),
      task_seq: made?.seq ?? null,
      completion: null,
      about: approval ?? null,
      approval: approval === undefined ? null : isBlocked ? ('blocked' as const) : ('waiting' as const),
      approval_by: null,
      approval_at_ms: null,
      compensate: compensate ? JSON.stringify(compensate) : null,
      compensation_seq: null,
      task_id: made?.id ?? null,
      task_state: made ? (isBlocked ? ('blocked' as const) : ('queued' as const)) : null,
      task_error: null,
      task_run_at_ms: task?.runAtMs ?? null,
      task_finished_at_ms: null,
      compensation_id: null,
      compensation_state: null,
    };
  });
}

function sealedOf({ workflow_id, name, compensate }: NodeRow) {
  return compensate === null ? null : sealedCompensate(workflow_id, name, compensate);
}

interface Decision {
  readonly id: string;
  readonly node: string;
  readonly agree: boolean;
}

async function approve(
  { workflows, database, clock }: WorkflowOperationsParts,
  { id, node: name, agree }: Decision,
  call: Call,
): Promise<WorkflowRun> {
  const { tenant, identity } = call.caller;
  const row = await findWorkflow(database, id, tenant);
  const decision = {
    approval: agree ? ('given' as const) : ('refused' as const),
    approval_by: identity,
    approval_at_ms: clock.nowMs(),
  };
  const statement = updateApproval.bind({ workflow_id: id, name, from: 'waiting', ...decision });
  const nodes = (await nodesOf(database, id)).map((node) => (node.name === name ? { ...node, ...decision } : node));
  const answer = workflowView(row, nodes);
  const events = [workflowEvent(row, `workflow.approval_${decision.approval}`, { node: name, by: identity })];
  const note = { target: `workflow:${id}`, details: { node: name, agree } };
  try {
    await call.commit({ statements: [{ ...statement, expectRows: 1 }], events }, answer, note);
  } catch (error) {
    if (!ExpectationFailed.is(error)) throw error;
    throw NotWaitingForApproval.error(`the node ${name} of workflow ${id} waits for no approval`);
  }
  workflows.changed(id);
  return answer;
}

async function cancel({ workflows, database }: WorkflowOperationsParts, id: string, call: Call): Promise<WorkflowRun> {
  const row = await findWorkflow(database, id, call.caller.tenant);
  const answer = workflowView(row, await nodesOf(database, id));
  const statement = stopWorkflow.bindExpecting(1, { id });
  const events = [workflowEvent(row, 'workflow.stopped', {})];
  try {
    await call.commit({ statements: [statement], events }, answer, { target: `workflow:${id}` });
  } catch (error) {
    if (!ExpectationFailed.is(error)) throw error;
    throw WorkflowEnded.error(`the workflow ${id} has ended, or is being cancelled`);
  }
  workflows.changed(id);
  return answer;
}
