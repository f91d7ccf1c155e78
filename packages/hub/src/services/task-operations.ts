import { InvalidInput, MalformedRequest, NotFound, type JsonValue } from '@reeve/kernel';
import { bind, ExpectationFailed, type BoundOperation, type Call, type Database } from '@reeve/platform';
import {
  cancelTask,
  createTask,
  createTaskBatch,
  explainTask,
  listTasks,
  replayTask,
  showTask,
} from '../api/task-operations.ts';
import { endStates, type Task, type TaskError, type TaskSummary } from '../api/task.ts';
import type { TaskVerify } from '../domain/judged.ts';
import { TaskEnded, TaskNotDead } from '../errors.ts';
import { reviveTask } from '../store/finish-task.ts';
import { openPayloads, openVerify } from '../store/payloads.ts';
import { selectTask, selectTaskPage, type TaskRow } from '../store/read-tasks.ts';
import { selectWorkflowOf } from '../store/workflows.ts';
import type { Endings } from './endings.ts';
import { explain, type ExplainParts } from './explain.ts';
import type { Recovery } from './recovery.ts';
import type { Settlement } from './settlement.ts';
import type { CommitSubmission, Submissions } from './submissions.ts';
import type { TaskBoard } from './task-board.ts';
import { taskEvent } from './task-event.ts';
import { atPresent, freshSummary, summaryOf, viewOf } from './task-views.ts';

export interface TaskOperationsParts extends ExplainParts {
  readonly database: Database;
  readonly board: TaskBoard;
  readonly submissions: Submissions;
  readonly settlement: Settlement;
  readonly endings: Endings;
  readonly recovery: Recovery;
  /** Aborted when the process begins to stop: whoever waits for a task is then answered as it is. */
  readonly stopping: AbortSignal;
}

/** The handlers of `tasks.*`. */
export function taskOperations(parts: TaskOperationsParts): BoundOperation[] {
  return [
    bind(createTask, (submission, call) => create(parts, submission, call)),
    bind(createTaskBatch, ({ tasks }, call) => createBatch(parts, tasks, call)),
    bind(showTask, ({ id, waitMs }, call) => show(parts, id, waitMs, call)),
    bind(listTasks, (input, call) => list(parts, input, call)),
    bind(cancelTask, ({ id, reason }, call) => cancel(parts, id, reason, call)),
    bind(replayTask, ({ id, attempts }, call) => replay(parts, id, attempts, call)),
    bind(explainTask, async ({ id }, call) => explain(parts, await findRow(parts, id, call.caller.tenant))),
  ];
}

type Submission = Parameters<Submissions['submit']>[1][number];

async function create(parts: TaskOperationsParts, submission: Submission, call: Call): Promise<TaskSummary> {
  const { tenant } = call.caller;
  let answer: TaskSummary | undefined;
  const commit: CommitSubmission = async (statements, events, { tasks }) => {
    const fresh = freshSummary(tasks[0]!, submission);
    await call.commit({ statements, events }, fresh as JsonValue, { target: `task:${fresh.id}` });
    answer = fresh;
  };
  const [id] = await parts.submissions.submit(tenant, [submission], commit, { span: call.span });
  return answer ?? summaryOf(await findRow(parts, id!, tenant));
}

async function createBatch(
  parts: TaskOperationsParts,
  submissions: Submission[],
  call: Call,
): Promise<{ ids: string[] }> {
  const commit: CommitSubmission = async (statements, events, accepted) => {
    await call.commit(
      { statements, events },
      { ids: [...accepted.ids] },
      { details: { tasks: accepted.tasks.length } },
    );
  };
  return { ids: await parts.submissions.submit(call.caller.tenant, submissions, commit, { span: call.span }) };
}

async function show(parts: TaskOperationsParts, id: string, waitMs: number, call: Call): Promise<Task> {
  const row = await findRow(parts, id, call.caller.tenant);
  const live = parts.board.get(id);
  const verify = verifyOf(parts, row);
  if (waitMs === 0 || endStates.has(row.state)) return viewOf(row, live, verify);
  if (live) await parts.endings.until(id, AbortSignal.any([call.signal, parts.stopping, AbortSignal.timeout(waitMs)]));
  // Also when it was not live any more: it has ended since it was read.
  return viewOf(await findRow(parts, id, call.caller.tenant), parts.board.get(id), verify);
}

interface ListInput {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly state?: TaskSummary['state'] | undefined;
  readonly capability?: string | undefined;
  readonly kind?: string | undefined;
}

async function list(
  parts: TaskOperationsParts,
  input: ListInput,
  call: Call,
): Promise<{ items: TaskSummary[]; nextCursor?: string }> {
  const before = input.cursor === undefined ? Number.MAX_SAFE_INTEGER : seqOfCursor(input.cursor);
  const nowMs = parts.clock.nowMs();
  const filter = { tenant: call.caller.tenant, before, limit: input.limit + 1, state: input.state, nowMs };
  const query = selectTaskPage({ ...filter, capability: input.capability, kind: input.kind });
  const rows = await parts.database.read<TaskRow>(query);
  const items = rows.slice(0, input.limit).map((row) => summaryOf(atPresent(openPayloads(parts.database, row), nowMs)));
  const last = rows[input.limit - 1];
  return rows.length > input.limit && last ? { items, nextCursor: `${last.seq}` } : { items };
}

function seqOfCursor(cursor: string): number {
  if (/^\d{1,15}$/.test(cursor)) return Number(cursor);
  throw MalformedRequest.error('the cursor is not one that `tasks.list` gave; start again without it');
}

async function cancel(parts: TaskOperationsParts, id: string, reason: string, call: Call): Promise<TaskSummary> {
  const row = await findRow(parts, id, call.caller.tenant);
  const task = parts.board.get(id);
  if (!task) throw ended(row);
  const error: TaskError = { code: 'task_cancelled', message: reason, retryable: false };
  const finishedAtMs = parts.clock.nowMs();
  const statement = parts.settlement.endStatement(task, 'cancelled', error, finishedAtMs);
  const events = [taskEvent(task, 'task.cancelled', { reason })];
  const answer: TaskSummary = { ...summaryOf(row), state: 'cancelled', error, finishedAtMs };
  try {
    await call.commit({ statements: [statement], events }, answer as JsonValue, { target: `task:${id}` });
  } catch (failure) {
    parts.settlement.notEnded(task);
    if (ExpectationFailed.is(failure)) throw ended(await findRow(parts, id, call.caller.tenant));
    throw failure;
  }
  parts.settlement.endedOutside(task, { state: 'cancelled', error });
  return answer;
}

async function replay(parts: TaskOperationsParts, id: string, attempts: number, call: Call): Promise<TaskSummary> {
  const row = await findRow(parts, id, call.caller.tenant);
  if (row.state !== 'dead') throw TaskNotDead.error(`task ${id} is ${row.state}`);
  const [node] = await parts.database.read<{ workflow_id: string }>(selectWorkflowOf.bind({ task_seq: row.seq }));
  if (node) throw InvalidInput.error(`it is a node of the workflow ${node.workflow_id}, which has ended without it`);
  if (row.attached === 1) throw InvalidInput.error('its submitter is gone, so there is nobody to answer to');
  const max_attempts = row.attempt + attempts;
  const verify = verifyOf(parts, row);
  const statement = reviveTask.bindExpecting(1, { seq: row.seq, max_attempts });
  const { finished_at_ms: _, ...rest } = row;
  const answer = summaryOf({ ...rest, state: 'queued', max_attempts, finished_at_ms: null });
  const events = [taskEvent(row, 'task.replayed', { attempts })];
  try {
    await call.commit({ statements: [statement], events }, answer as JsonValue, { target: `task:${id}` });
  } catch (failure) {
    if (ExpectationFailed.is(failure)) throw TaskNotDead.error(`task ${id} was replayed by another request`);
    throw failure;
  }
  parts.recovery.revive({ ...row, state: 'queued', max_attempts, run_at_ms: null }, verify);
  return answer;
}

async function findRow(parts: TaskOperationsParts, id: string, tenant: string): Promise<TaskRow> {
  const [row] = await parts.database.read<TaskRow>(selectTask.bind({ id }));
  if (row?.tenant === tenant) return atPresent(openPayloads(parts.database, row), parts.clock.nowMs());
  throw NotFound.error(`there is no task ${id}`);
}

function verifyOf({ database }: TaskOperationsParts, { seq, verify }: TaskRow): TaskVerify | undefined {
  return verify ? openVerify(database, { seq, verify }) : undefined;
}

function ended(row: TaskRow): Error {
  return TaskEnded.error(`task ${row.id} is ${row.state}`, { details: { state: row.state } });
}
