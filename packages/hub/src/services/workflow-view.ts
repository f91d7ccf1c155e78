import { NotFound } from '@reeve/kernel';
import type { Database } from '@reeve/platform';
import type { ApprovalState, WorkflowRun, WorkflowSummary } from '../api/workflow.ts';
import type { NodeFacts } from '../domain/workflow-step.ts';
import { openPayloads } from '../store/payloads.ts';
import type { WorkflowsTable } from '../store/tables.ts';
import { errorOf } from '../store/task-json.ts';
import { selectNodes, selectWorkflow, type NodeRow } from '../store/workflows.ts';

/** @throws NotFound */
export async function findWorkflow(database: Database, id: string, tenant: string): Promise<WorkflowsTable> {
  const [row] = await database.read<WorkflowsTable>(selectWorkflow.bind({ id }));
  if (row?.tenant === tenant) return row;
  throw NotFound.error(`there is no workflow ${id}`);
}

export async function nodesOf(database: Database, workflow_id: string): Promise<NodeRow[]> {
  const rows = await database.read<NodeRow>(selectNodes.bind({ workflow_id }));
  return rows.map((row) => {
    if (row.task_error === null) return row;
    const { error } = openPayloads(database, { seq: row.task_seq!, error: row.task_error });
    return { ...row, task_error: error };
  });
}

export function dependenciesOf({ depends_on }: Pick<NodeRow, 'depends_on'>): string[] {
  return JSON.parse(depends_on) as string[];
}

const approvalFacts: Readonly<Record<ApprovalState, NodeFacts['state']>> = {
  blocked: 'blocked',
  waiting: 'open',
  given: 'succeeded',
  refused: 'failed',
  withdrawn: 'failed',
};

/** A node as the rules see it. */
export function factsOf(row: NodeRow): NodeFacts {
  const { name, completion } = row;
  const state = row.approval ? approvalFacts[row.approval] : stateOf(row.task_state!);
  return {
    name,
    dependsOn: dependenciesOf(row),
    state,
    completion: completion ?? undefined,
    compensation: compensationOf(row),
  };
}

function stateOf(state: NonNullable<NodeRow['task_state']>): NodeFacts['state'] {
  switch (state) {
    case 'blocked':
    case 'succeeded':
      return state;
    case 'scheduled':
    case 'queued':
    case 'leased':
      return 'open';
    case 'dead':
    case 'cancelled':
    case 'expired':
      return 'failed';
  }
}

function compensationOf({ compensate, compensation_state }: NodeRow): NodeFacts['compensation'] {
  if (compensate === null) return undefined;
  if (compensation_state === null) return 'due';
  const state = stateOf(compensation_state);
  return state === 'succeeded' ? 'done' : state === 'failed' ? 'failed' : 'running';
}

/** A workflow as lists show it. */
export function workflowSummary(row: WorkflowsTable): WorkflowSummary {
  return {
    id: row.id,
    name: row.name,
    state: row.state,
    compensation: row.compensation,
    createdAtMs: row.created_at_ms,
    ...(row.finished_at_ms === null ? {} : { finishedAtMs: row.finished_at_ms }),
  };
}

export function workflowView(row: WorkflowsTable, nodes: readonly NodeRow[]): WorkflowRun {
  return { ...workflowSummary(row), nodes: nodes.map(nodeView) };
}

function nodeView(row: NodeRow): WorkflowRun['nodes'][number] {
  const error = errorOf({ error: row.task_error });
  return {
    name: row.name,
    dependsOn: dependenciesOf(row),
    ...(row.task_id === null ? {} : { taskId: row.task_id }),
    ...(row.task_state === null ? {} : { state: row.task_state }),
    ...(error === undefined ? {} : { error }),
    ...(row.approval === null ? {} : { approval: approvalView(row, row.approval) }),
    ...(row.compensation_id === null
      ? {}
      : { compensation: { taskId: row.compensation_id, state: row.compensation_state! } }),
  };
}

function approvalView({ about, approval_by, approval_at_ms }: NodeRow, state: ApprovalState) {
  return {
    about: about!,
    state,
    ...(approval_by === null ? {} : { by: approval_by }),
    ...(approval_at_ms === null ? {} : { atMs: approval_at_ms }),
  };
}
