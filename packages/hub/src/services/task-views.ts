import type { JsonValue } from '@reeve/kernel';
import type { Task, TaskSubmission, TaskSummary } from '../api/task.ts';
import type { ShownVerify } from '../api/verify.ts';
import type { TaskVerify } from '../domain/judged.ts';
import type { LiveTask } from '../domain/live.ts';
import { priorities } from '../domain/ageing.ts';
import type { TaskRow } from '../store/read-tasks.ts';
import { constraintsOf, errorOf, labelsOf, requiresOf } from '../store/task-json.ts';

/** A row as it counts at this moment: what was scheduled and whose time has come waits for an agent like any other. */
export function atPresent(row: TaskRow, nowMs: number): TaskRow {
  const isDue = row.state === 'scheduled' && (row.run_at_ms ?? 0) <= nowMs;
  return isDue ? { ...row, state: 'queued' } : row;
}

/** A task as lists show it, from its row. */
export function summaryOf(row: Omit<TaskRow, 'output' | 'live' | 'attached' | 'backoff'>): TaskSummary {
  const error = errorOf(row);
  return {
    id: row.id,
    tenant: row.tenant,
    kind: row.kind,
    state: row.state,
    priority: priorities[row.priority]!,
    requires: requiresOf(row),
    constraints: constraintsOf(row),
    labels: labelsOf(row),
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    timeoutMs: row.timeout_ms,
    submittedAtMs: row.submitted_at_ms,
    ...given('fence', row.fence),
    ...given('agentId', row.agent_id),
    ...given('leasedAtMs', row.leased_at_ms),
    ...given('finishedAtMs', row.finished_at_ms),
    ...given('runAtMs', row.run_at_ms),
    ...given('deadlineAtMs', row.deadline_at_ms),
    ...(error === undefined ? {} : { error }),
  };
}

/** A task with its payloads, and the newest progress while it runs. */
export function viewOf(row: TaskRow, live: LiveTask | undefined, verify: TaskVerify | undefined): Task {
  const progress: JsonValue | undefined = live?.lease?.progress;
  return {
    ...summaryOf(row),
    input: JSON.parse(row.input!) as JsonValue,
    ...(verify === undefined || verify.judges ? {} : { verify: shown(verify) }),
    ...(row.output === null ? {} : { output: JSON.parse(row.output) as JsonValue }),
    ...(progress === undefined ? {} : { progress }),
  };
}

/** Without the known answer: who may read tasks may be an agent. */
function shown({ canary, ...verify }: TaskVerify): ShownVerify {
  return canary === undefined ? verify : { ...verify, canary: {} };
}

/** What the submitter of a new task is answered, without a look into the database. */
export function freshSummary(task: LiveTask, submission: TaskSubmission): TaskSummary {
  const { runAtMs } = submission;
  return {
    id: task.id,
    tenant: task.tenant,
    kind: task.kind,
    state: runAtMs !== undefined && runAtMs > task.submittedAtMs ? 'scheduled' : 'queued',
    priority: submission.priority,
    requires: submission.requires,
    constraints: submission.constraints,
    labels: submission.labels,
    attempt: 0,
    maxAttempts: task.maxAttempts,
    timeoutMs: task.timeoutMs,
    submittedAtMs: task.submittedAtMs,
    ...(runAtMs === undefined ? {} : { runAtMs }),
    ...(task.deadlineAtMs === undefined ? {} : { deadlineAtMs: task.deadlineAtMs }),
  };
}

function given<Key extends string, Value>(key: Key, value: Value | null): { [K in Key]?: Value } {
  return value === null ? {} : ({ [key]: value } as { [K in Key]?: Value });
}
