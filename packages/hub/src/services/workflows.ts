import { ReeveError, type Clock, type JsonValue } from '@reeve/kernel';
import { ExpectationFailed, type Database, type EventDraft, type Logger, type UnitStatement } from '@reeve/platform';
import type { TaskError, TaskSubmission } from '../api/task.ts';
import type { HubSettings } from '../components.ts';
import { attemptError } from '../domain/attempt-error.ts';
import { outputsIn, withOutputs } from '../domain/output-references.ts';
import { nextStep, type Step } from '../domain/workflow-step.ts';
import { DependencyFailed, TaskCancelled, UnknownBlob } from '../errors.ts';
import { openCompensate, openPayloads, sealedInput } from '../store/payloads.ts';
import { selectTask, type TaskRow } from '../store/read-tasks.ts';
import type { WorkflowsTable } from '../store/tables.ts';
import {
  releaseBlocked,
  selectLiveWorkflows,
  selectWorkflow,
  updateApproval,
  updateCompletion,
  updateTaskInput,
  updateWorkflow,
  type NodeRow,
} from '../store/workflows.ts';
import type { Compensations, Undoing } from './compensations.ts';
import type { Endings } from './endings.ts';
import type { Settlement } from './settlement.ts';
import { inputText, type Submissions } from './submissions.ts';
import type { TaskBoard } from './task-board.ts';
import { workflowEvent } from './task-event.ts';
import { factsOf, nodesOf } from './workflow-view.ts';

/** Pause before a step that could not be made (disk full, quota) is tried again. */
const laterMs = 500;
const pageSize = 1_000;

export interface WorkflowsParts {
  readonly submissions: Submissions;
  readonly compensations: Compensations;
  readonly settlement: Settlement;
  readonly endings: Endings;
  readonly board: TaskBoard;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: HubSettings;
  readonly stopping: AbortSignal;
}

/** A workflow to which something may still happen. */
interface Flow {
  readonly id: string;
  readonly tenant: string;
  /** Whether it is being moved on, and whether something has happened since. */
  working: boolean;
  again: boolean;
}

/** A step with what it speaks of. */
interface Move {
  readonly flow: Flow;
  readonly row: WorkflowsTable;
  readonly nodes: ReadonlyMap<string, NodeRow>;
  readonly step: Step;
}

/** A blocked task whose turn has come, with its input where that had to be put together. */
interface Release {
  readonly node: NodeRow;
  readonly input: string | undefined;
}

/**
 * Moves workflows on. What follows an ending is never part of it: it is worked out from the record whenever something
 * has happened, and again at a start, by one rule that answers the same as often as it is asked (decision 0009).
 */
export class Workflows {
  readonly #parts: WorkflowsParts;
  readonly #live = new Map<string, Flow>();

  constructor(parts: WorkflowsParts) {
    this.#parts = parts;
  }

  /** Takes up a workflow that is in the record, with its tasks that have not ended. */
  begin({ id, tenant }: Pick<WorkflowsTable, 'id' | 'tenant'>, taskIds: readonly string[]): void {
    const flow: Flow = { id, tenant, working: false, again: false };
    this.#live.set(id, flow);
    for (const taskId of taskIds) this.#watch(flow, taskId);
    this.#advance(flow);
  }

  /** Takes up all to which something may still happen. */
  async recover(): Promise<void> {
    const { database } = this.#parts;
    for (let after = ''; ;) {
      const rows = await database.read<WorkflowsTable>(selectLiveWorkflows.bind({ after, limit: pageSize }));
      for (const row of rows) {
        const nodes = await nodesOf(database, row.id);
        this.begin(
          row,
          nodes.flatMap(({ task_id, compensation_id }) => [task_id ?? [], compensation_id ?? []].flat()),
        );
      }
      if (rows.length < pageSize) return;
      after = rows.at(-1)!.id;
    }
  }

  /** Something has happened to a workflow, and is in the record. */
  changed(id: string): void {
    const flow = this.#live.get(id);
    if (flow) this.#advance(flow);
  }

  /** A task that is dead may be replayed, and then ends once more. */
  #watch(flow: Flow, taskId: string): void {
    this.#parts.endings.on(taskId, ({ state }) => {
      if (state === 'dead') this.#watch(flow, taskId);
      this.#advance(flow);
    });
  }

  #advance(flow: Flow): void {
    flow.again = true;
    if (flow.working || this.#live.get(flow.id) !== flow || this.#parts.stopping.aborted) return;
    flow.working = true;
    void this.#work(flow);
  }

  async #work(flow: Flow): Promise<void> {
    try {
      while (flow.again) {
        flow.again = false;
        await this.#look(flow);
      }
    } catch (error) {
      this.#stumbled(flow, error);
    }
    flow.working = false;
  }

  /** Whatever it was, nothing of the step is half done: it is tried again, for a workflow must never be forgotten. */
  #stumbled(flow: Flow, error: unknown): void {
    const { log, stopping } = this.#parts;
    if (stopping.aborted) return;
    if (!ExpectationFailed.is(error)) log.warn({ workflowId: flow.id, err: error }, 'a workflow could not be moved on');
    setTimeout(() => this.#advance(flow), laterMs).unref();
  }

  async #look(flow: Flow): Promise<void> {
    const { database } = this.#parts;
    const [row] = await database.read<WorkflowsTable>(selectWorkflow.bind({ id: flow.id }));
    if (row?.live !== 1) return void this.#live.delete(flow.id);
    const nodes = await nodesOf(database, flow.id);
    const step = nextStep(nodes.map(factsOf), row.stopped === 1);
    const move: Move = { flow, row, step, nodes: new Map(nodes.map((node) => [node.name, node])) };
    await this.#drop(move);
    await this.#proceed(move);
    if (step.compensate !== undefined) await this.#compensate(move, step.compensate);
  }

  /** Ends the tasks of nodes that will not run; each ending brings the workflow here again. */
  async #drop({ step, nodes, row }: Move): Promise<void> {
    for (const { name, because } of step.drop) {
      const task = this.#parts.board.get(nodes.get(name)!.task_id ?? '');
      const error =
        because === undefined
          ? attemptError(TaskCancelled, `the workflow ${row.id} was cancelled`)
          : attemptError(DependencyFailed, `the node ${because} before it failed`);
      if (task) await this.#parts.settlement.withdraw(task, { ...error, details: { workflowId: row.id, node: name } });
    }
  }

  /** Everything else that follows, in one commit. */
  async #proceed(move: Move): Promise<void> {
    const { database } = this.#parts;
    const releases = await this.#releases(move);
    const statements = [
      ...completions(move),
      ...approvals(move),
      ...releases.flatMap((release) => this.#releaseStatements(release)),
      ...this.#ending(move),
    ];
    if (statements.length === 0) return;
    const events = eventsOf(move, releases);
    await database.commit({ statements: statements.map((statement) => ({ ...statement, expectRows: 1 })), events });
    for (const { node, input } of releases) this.#released(node, input);
    move.flow.again = true; // what was written may have made the next step possible
  }

  /** Tasks to release, each with its input; one whose input cannot be put together ends instead. */
  async #releases({ step, nodes, row }: Move): Promise<Release[]> {
    const releases: Release[] = [];
    for (const name of step.release) {
      const node = nodes.get(name)!;
      if (node.task_id === null) continue;
      try {
        releases.push({ node, input: await this.#inputOf(node, nodes) });
      } catch (error) {
        if (!(error instanceof ReeveError) || error.retryable) throw error;
        const reason: TaskError = { code: error.code, message: error.message, retryable: false };
        const task = this.#parts.board.get(node.task_id);
        if (task)
          await this.#parts.settlement.withdraw(task, { ...reason, details: { workflowId: row.id, node: name } });
      }
    }
    return releases;
  }

  /** JSON text of an input with the outputs it refers to; nothing when it refers to none. */
  async #inputOf(node: NodeRow, nodes: Move['nodes']): Promise<string | undefined> {
    const { input } = await this.#payloads(node.task_id!);
    if (!input!.includes('"$output"')) return undefined;
    const raw = JSON.parse(input!) as JsonValue;
    return inputText(withOutputs(raw, await this.#outputs(raw, nodes)), this.#parts.settings.inputLimitBytes);
  }

  async #outputs(input: JsonValue, nodes: Move['nodes']): Promise<Map<string, JsonValue>> {
    const outputs = new Map<string, JsonValue>();
    for (const name of outputsIn(input)) {
      const { output } = await this.#payloads(nodes.get(name)!.task_id!);
      outputs.set(name, JSON.parse(output!) as JsonValue);
    }
    return outputs;
  }

  async #payloads(id: string): Promise<TaskRow> {
    const { database } = this.#parts;
    const [row] = await database.read<TaskRow>(selectTask.bind({ id }));
    return openPayloads(database, row!);
  }

  #releaseStatements({ node: { task_seq, task_run_at_ms }, input }: Release): UnitStatement[] {
    const seq = task_seq!;
    const state = (task_run_at_ms ?? 0) > this.#parts.clock.nowMs() ? 'scheduled' : 'queued';
    const release = releaseBlocked.bind({ seq, state });
    return input === undefined ? [release] : [release, updateTaskInput.bind({ seq, input: sealedInput(seq, input) })];
  }

  #released({ task_id, task_run_at_ms }: NodeRow, input: string | undefined): void {
    const { board, submissions } = this.#parts;
    const task = board.get(task_id!);
    if (!task) return;
    if (input !== undefined) board.takeInput(task); // the copy is of before
    submissions.release(task, task_run_at_ms ?? undefined);
  }

  /** A workflow whose compensation failed stays live: somebody may replay it. */
  #ending({ step, row }: Move): UnitStatement[] {
    const { end: state, compensation } = step;
    if (state === undefined || (state === row.state && compensation === row.compensation)) return [];
    const live = compensation === 'none' || compensation === 'done' ? null : 1;
    const finished_at_ms = row.finished_at_ms ?? this.#parts.clock.nowMs();
    return [updateWorkflow.bind({ id: row.id, state, compensation, live, finished_at_ms })];
  }

  /** Undoes a node. What cannot be begun, however often it is tried, is a failed compensation as any other. */
  async #compensate({ flow, row, nodes }: Move, name: string): Promise<void> {
    const { compensations, database } = this.#parts;
    const undoing: Undoing = {
      row,
      node: name,
      submission: JSON.parse(openCompensate(database, nodes.get(name)!)) as TaskSubmission,
      begun: (taskId) => this.#watch(flow, taskId),
    };
    try {
      await compensations.begin(undoing, (input) => this.#outputs(input, nodes));
    } catch (error) {
      if (!isFinal(error)) throw error;
      await compensations.bury(undoing, error);
    }
  }
}

/** Of those that may be otherwise the next time: a blob that was removed can be put in again. */
function isFinal(error: unknown): error is ReeveError {
  const passing = [ExpectationFailed, UnknownBlob];
  return error instanceof ReeveError && !error.retryable && !passing.some((kind) => kind.is(error));
}

/** Numbers for the nodes that have succeeded since, the first to end first. */
function completions({ step, nodes, row }: Move): UnitStatement[] {
  const endedAtMs = (name: string): number =>
    nodes.get(name)!.task_finished_at_ms ?? nodes.get(name)!.approval_at_ms ?? 0;
  const fresh = step.complete.toSorted((a, b) => endedAtMs(a) - endedAtMs(b));
  const last = Math.max(0, ...[...nodes.values()].map(({ completion }) => completion ?? 0));
  return fresh.map((name, at) => updateCompletion.bind({ workflow_id: row.id, name, completion: last + at + 1 }));
}

function approvals({ step, nodes, row }: Move): UnitStatement[] {
  const move = (name: string, approval: 'waiting' | 'withdrawn'): UnitStatement[] => {
    const from = nodes.get(name)!.approval;
    if (from === null) return [];
    return [
      updateApproval.bind({ workflow_id: row.id, name, from, approval, approval_by: null, approval_at_ms: null }),
    ];
  };
  return [
    ...step.release.flatMap((name) => move(name, 'waiting')),
    ...step.drop.flatMap(({ name }) => move(name, 'withdrawn')),
  ];
}

function eventsOf({ step, nodes, row }: Move, releases: readonly Release[]): EventDraft[] {
  const waiting = step.release.filter((name) => nodes.get(name)!.approval !== null);
  const events = [
    ...releases.map(({ node }) => workflowEvent(row, 'workflow.released', { node: node.name, taskId: node.task_id })),
    ...waiting.map((node) => workflowEvent(row, 'workflow.waiting', { node, about: nodes.get(node)!.about })),
  ];
  const { end, compensation } = step;
  if (end !== undefined && end !== row.state) events.push(workflowEvent(row, `workflow.${end}`, {}));
  if (end !== undefined && compensation !== row.compensation && compensation !== 'running')
    events.push(workflowEvent(row, `workflow.compensation_${compensation}`, {}));
  return events;
}
