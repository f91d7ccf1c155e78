import { decideRetry, type Clock } from '@reeve/kernel';
import {
  ExpectationFailed,
  type Database,
  type Logger,
  type Unit,
  type UnitOutcome,
  type UnitStatement,
} from '@reeve/platform';
import type { TaskError, TaskState } from '../api/task.ts';
import type { Lease, LiveAgent, LiveTask } from '../domain/live.ts';
import { retryBudgetUsedUp } from '../domain/retry-budget.ts';
import { LeaseExpired } from '../errors.ts';
import type { HubMetrics } from '../metrics.ts';
import { buryTask, endTask, releaseTask, succeedTask } from '../store/finish-task.ts';
import { sealedError, sealedOutput } from '../store/payloads.ts';
import { selectTaskFence } from '../store/read-tasks.ts';
import type { TasksTable } from '../store/tables.ts';
import { taskEvent } from './task-event.ts';
import type { Breakers } from './breakers.ts';
import type { Measurements } from './measurements.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Ending, Endings } from './endings.ts';
import type { Hedging } from './hedging.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { patienceMs } from './patience.ts';
import type { Proficiencies } from './proficiencies.ts';
import type { RetryBudgets } from './retry-budgets.ts';
import { withdrawRival } from './rivals.ts';
import type { SecondOpinions } from './second-opinions.ts';
import type { TaskBoard } from './task-board.ts';

/** First pause before a settlement that could not be stored is tried again; doubles up to `storageRetryMaxMs`. */
const storageRetryMs = 100;
const storageRetryMaxMs = 2_000;

export interface SettlementParts {
  readonly board: TaskBoard;
  readonly keeper: LeaseKeeper;
  readonly dispatcher: Dispatcher;
  readonly endings: Endings;
  readonly breakers: Breakers;
  readonly measurements: Measurements;
  readonly retryBudgets: RetryBudgets;
  readonly hedging: Hedging;
  readonly proficiencies: Proficiencies;
  readonly secondOpinions: SecondOpinions;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
  readonly random: () => number;
  readonly stopping: AbortSignal;
}

/** What is to be written, and what follows once it is durable. */
interface Settling {
  readonly state: TaskState;
  /** Whether the agent reported it and waits to hear that it counts; otherwise the hub found it. */
  readonly reported: boolean;
  readonly statement: UnitStatement;
  readonly event: string;
  readonly data: Record<string, string | number | boolean | null>;
  /** Why the attempt did not succeed. */
  readonly fault: string | undefined;
  readonly afterwards: () => void;
}

/** What became of something that was to be written; `abandoned` when the process ends before the database can store. */
type Stored = 'durable' | 'refused' | 'abandoned';

/** An ending on its way to the record. */
interface Writing {
  readonly taskId: string;
  readonly unit: Unit;
  readonly told: (stored: Stored) => void;
}

/** How a task waits again. */
interface Release {
  readonly reported: boolean;
  readonly delayMs: number;
}

/**
 * Ends attempts and tasks. Every ending is written under the fence first; memory follows, and agents and waiting
 * clients are told, only when the database has it. While an ending is being written nothing else can end the attempt.
 */
export class Settlement {
  readonly #parts: SettlementParts;
  /** Endings that are being written, by fence. */
  readonly #settling = new Map<number, Settling>();
  /** Endings found in this turn of the event loop, which are written together. */
  #found: Writing[] = [];

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /**
   * Who found the ending that is being written under this fence, if any: what is said about the attempt meanwhile changes
   * nothing, and its agent is answered when its own report is durable.
   */
  settling(fence: number): 'agent' | 'hub' | undefined {
    const settling = this.#settling.get(fence);
    return settling && (settling.reported ? 'agent' : 'hub');
  }

  /** The agent delivered: `output` is JSON text. */
  succeed(lease: Lease, output: string): void {
    const { task, fence } = lease;
    const bound = succeedTask.bindExpecting(1, {
      seq: task.seq,
      fence,
      output: sealedOutput(task.seq, output),
      finished_at_ms: this.#parts.clock.nowMs(),
    });
    this.#parts.breakers.succeeded(lease);
    this.#parts.measurements.succeeded(lease);
    this.#parts.proficiencies.completed(lease.agent, task, true);
    task.follower?.settling({ state: 'succeeded', output });
    this.#settle(lease, {
      state: 'succeeded',
      reported: true,
      statement: bound,
      event: 'task.succeeded',
      data: { agentId: lease.agent.id, attempt: task.attempt, fence },
      fault: undefined,
      afterwards: () => {
        this.#ended(task, { state: 'succeeded', output });
        this.#parts.secondOpinions.ask(lease, output);
      },
    });
  }

  /** The agent reported that the attempt failed: another follows after a pause, or the task is dead. */
  fail(lease: Lease, error: TaskError): void {
    this.#fail(lease, error, true);
  }

  /** The hub found that the attempt failed (time-out, vanished agent, broken stream), which counts just as much. */
  giveUp(lease: Lease, error: TaskError): void {
    this.#fail(lease, error, false);
  }

  /** The agent vanished: a stream that can go on elsewhere does so at once, everything else waits for its agent. */
  vanished(lease: Lease, error: TaskError): void {
    const { task, agent } = lease;
    if (task.streamed && !lease.settling && task.follower?.resume?.(agent.id, error.code)) this.giveUp(lease, error);
  }

  #fail(lease: Lease, error: TaskError, reported: boolean): void {
    const { task } = lease;
    this.#parts.metrics.attemptFailed(error.code);
    if (error.retryable) this.#agentFailed(lease);
    if (error.retryable && this.#parts.hedging.leftToRival(lease)) return;
    const resumption = task.streamed ? task.follower?.resume?.(lease.agent.id, error.code) : undefined;
    const retryable = task.streamed ? resumption !== undefined : error.retryable;
    const decision = decideRetry(
      { ...task.retry, maxAttempts: task.maxAttempts },
      task.attempt,
      retryable,
      this.#parts.random(),
    );
    if (!decision.retry) return this.#bury(lease, error, decision.reason, reported);
    const why = error.code === LeaseExpired.code ? 'lost' : 'failed';
    if (!this.#parts.retryBudgets.allows(task, why))
      return this.#bury(lease, withoutRetry(error), retryBudgetUsedUp, reported);
    if (resumption) this.#parts.board.redirect(task, resumption);
    task.failedOn = lease.agent;
    this.#release(lease, error, { reported, delayMs: this.#failsOver(lease) ? 0 : decision.delayMs });
  }

  /** Not for what the agent calls permanent: that says something about the input. */
  #agentFailed(lease: Lease): void {
    this.#parts.breakers.failed(lease);
    this.#parts.measurements.failed(lease);
    this.#parts.proficiencies.completed(lease.agent, lease.task, false);
  }

  /** The agent gave the attempt back unworked: it does not count, and the task waits again after `delayMs`. */
  decline(lease: Lease, error: TaskError, delayMs: number): void {
    // At once only after the first that gave it back: several that all do would hand it round without end.
    const atOnce = lease.task.failedOn === undefined && this.#failsOver(lease);
    this.#uncount(lease, error, { reported: true, delayMs: atOnce ? 0 : delayMs });
  }

  /** The attempt ends for no fault of the agent (it was removed): it does not count, and the task waits again. */
  takeAway(lease: Lease, error: TaskError): void {
    this.#uncount(lease, error, { reported: false, delayMs: 0 });
  }

  #uncount(lease: Lease, error: TaskError, release: Release): void {
    const { task } = lease;
    if (this.#parts.hedging.leftToRival(lease)) return;
    if (task.streamed) return this.#bury(lease, error, 'permanent', release.reported);
    task.failedOn = lease.agent;
    this.#release(lease, error, release, task.attempt - 1);
  }

  /**
   * Whether the next attempt goes elsewhere at once: somebody waits for the task on a connection, and another agent can
   * take it. The pause between attempts is there to spare the agent that failed.
   */
  #failsOver({ task, agent }: Lease): boolean {
    if (!task.follower) return false;
    const other = task.queue.qualified.best(agent);
    return other !== undefined && other !== agent;
  }

  /**
   * The statement that ends a task from outside, whoever has it. From here on the task is given to nobody: once the unit
   * is stored call `endedOutside`, if it could not be stored `notEnded`.
   */
  endStatement(
    task: LiveTask,
    state: 'cancelled' | 'expired',
    error: TaskError,
    finished_at_ms: number,
  ): UnitStatement {
    task.endings += 1;
    this.#parts.board.dequeue(task);
    return endTask.bindExpecting(1, { seq: task.seq, state, error: sealedError(task.seq, error), finished_at_ms });
  }

  /** After `endStatement` is durable: stops the attempt, if there is one, and forgets the task. */
  endedOutside(task: LiveTask, ending: Ending): void {
    const { lease } = task;
    if (lease) {
      this.#drop(lease);
      const reason = ending.error?.message ?? ending.state;
      lease.agent.link?.cancel(task.id, lease.fence, reason);
      const other = withdrawRival(lease, this.#parts.keeper, reason);
      if (other) this.#parts.dispatcher.agentChanged(other);
      this.#parts.dispatcher.agentChanged(lease.agent);
    }
    this.#ended(task, ending);
  }

  /** After a unit with `endStatement` was not stored: the task goes on, unless it has ended otherwise. */
  notEnded(task: LiveTask): void {
    task.endings -= 1;
    if (task.lease || this.#parts.keeper.delays(task)) return;
    this.#parts.board.giveBack(task);
    this.#parts.dispatcher.queueChanged(task.queue);
  }

  /** The deadline passed. */
  expire(task: LiveTask): Promise<void> {
    return this.#endFromWithin(task, 'expired', {
      code: 'task_expired',
      message: 'the deadline passed',
      retryable: false,
    });
  }

  /** Nothing needs the task any more, for the reason that `error` tells. */
  withdraw(task: LiveTask, error: TaskError): Promise<void> {
    return this.#endFromWithin(task, 'cancelled', error);
  }

  /** A task that was handed over before it was durable, and could not be made so: as if it had never been. */
  neverStored(task: LiveTask): void {
    if (this.#parts.board.get(task.id) !== task) return;
    const error = { code: 'storage_unavailable', message: 'the task could not be stored', retryable: true };
    this.endedOutside(task, { state: 'cancelled', error });
  }

  async #endFromWithin(task: LiveTask, state: 'cancelled' | 'expired', error: TaskError): Promise<void> {
    const statement = this.endStatement(task, state, error, this.#parts.clock.nowMs());
    const unit = { statements: [statement], events: [taskEvent(task, `task.${state}`, { reason: error.message })] };
    const told = (stored: Stored): void => {
      if (stored === 'durable') this.endedOutside(task, { state, error });
      else if (stored === 'refused') this.notEnded(task);
    };
    await this.#write([{ taskId: task.id, unit, told }]);
  }

  #release(lease: Lease, error: TaskError, { reported, delayMs }: Release, attempt = lease.task.attempt): void {
    const { task, fence } = lease;
    const state = delayMs > 0 ? 'scheduled' : 'queued';
    const run_at_ms = delayMs > 0 ? this.#parts.clock.nowMs() + delayMs : null;
    const bound = releaseTask.bindExpecting(1, {
      seq: task.seq,
      fence,
      attempt,
      state,
      error: sealedError(task.seq, error),
      run_at_ms,
    });
    this.#settle(lease, {
      state,
      reported,
      statement: bound,
      event: 'task.retrying',
      data: { agentId: lease.agent.id, attempt: task.attempt, fence, code: error.code, delayMs },
      fault: error.code,
      afterwards: () => this.#waitAgain(task, attempt, delayMs),
    });
  }

  #waitAgain(task: LiveTask, attempt: number, delayMs: number): void {
    task.attempt = attempt;
    if (delayMs > 0) this.#parts.keeper.delay(task, delayMs);
    else {
      this.#parts.board.enqueue(task);
      this.#parts.dispatcher.queueChanged(task.queue);
    }
    task.follower?.waitsAgain?.();
  }

  #bury(lease: Lease, error: TaskError, reason: string, reported: boolean): void {
    const { task, fence } = lease;
    const finished_at_ms = this.#parts.clock.nowMs();
    this.#settle(lease, {
      state: 'dead',
      reported,
      statement: buryTask.bindExpecting(1, {
        seq: task.seq,
        fence,
        error: sealedError(task.seq, error),
        finished_at_ms,
      }),
      event: 'task.dead',
      data: { agentId: lease.agent.id, attempt: task.attempt, fence, code: error.code, reason },
      fault: error.code,
      afterwards: () => this.#ended(task, { state: 'dead', error }),
    });
  }

  /** Frees the slot at once (the agent is done), writes the ending, and only then lets anybody know. */
  #settle(lease: Lease, settling: Settling): void {
    const { task, fence } = lease;
    this.#parts.hedging.decide(lease);
    lease.settling = true;
    this.#drop(lease);
    this.#parts.dispatcher.agentChanged(lease.agent);
    this.#settling.set(fence, settling);
    const isTold = settling.state === 'succeeded' && task.follower !== undefined;
    const unit = {
      statements: this.#statementsOf(lease, settling),
      events: [taskEvent(task, settling.event, settling.data)],
      span: task.trace?.span,
      mayWaitMs: isTold ? patienceMs : undefined,
    };
    if (this.#found.length === 0) queueMicrotask(() => this.#writeFound());
    this.#found.push({ taskId: task.id, unit, told: (stored) => this.#told(lease, settling, stored) });
  }

  #writeFound(): void {
    const found = this.#found;
    this.#found = [];
    void this.#write(found);
  }

  #told(lease: Lease, settling: Settling, stored: Stored): void {
    if (stored === 'refused') return void this.#lookUp(lease, settling);
    this.#settling.delete(lease.fence);
    if (stored === 'durable') this.#settled(lease, settling);
  }

  async #lookUp(lease: Lease, settling: Settling): Promise<void> {
    try {
      await this.#refused(lease, settling);
    } catch (error) {
      this.#parts.log.error({ taskId: lease.task.id, err: error }, 'an ending was neither stored nor refused');
    } finally {
      this.#settling.delete(lease.fence);
    }
  }

  /** What the verifiers of the task found becomes durable together with the ending. */
  #statementsOf(lease: Lease, { statement }: Settling): UnitStatement[] {
    const { task, agent, isMoved } = lease;
    if (!task.verify && !isMoved) return [statement];
    const learned = task.verify ? this.#parts.proficiencies.unwritten(agent) : [];
    return [...this.#parts.hedging.unrecorded(lease), statement, ...learned];
  }

  #settled(lease: Lease, settling: Settling): void {
    const { task, agent, fence } = lease;
    task.lease = undefined;
    task.trace?.attemptEnded(settling.fault);
    if (settling.reported) agent.link?.accepted(task.id, fence);
    settling.afterwards();
  }

  /**
   * The record does not hold the lease any more. Mostly the task has ended otherwise, and whoever ended it cleans up. When
   * an earlier try, of which nobody knew whether it was kept, wrote the ending, it counts. When the lease itself could
   * not be written, the task is still waiting in the record and has to wait here again too.
   */
  async #refused(lease: Lease, settling: Settling): Promise<void> {
    const { task, agent, fence } = lease;
    if (task.verify) this.#parts.proficiencies.notWritten(agent);
    const [row] = await this.#parts.database.read<TasksTable>(selectTaskFence.bind({ id: task.id }));
    if (row?.fence === fence && row.state === settling.state) return this.#settled(lease, settling);
    if (settling.reported) agent.link?.lost(task.id, fence);
    if (row?.live !== 1 || task.lease !== lease || this.#parts.board.get(task.id) !== task) return;
    task.lease = undefined;
    this.#waitAgain(task, task.attempt - 1, 0);
  }

  /**
   * While the database cannot store, it is tried again: the agent keeps the result until it is acknowledged, so even a
   * crash meanwhile loses nothing. When the process ends first nothing is said, and the agent brings the result again
   * after the restart.
   */
  async #write(endings: readonly Writing[]): Promise<void> {
    const { database, stopping } = this.#parts;
    let left = endings;
    for (let pauseMs = storageRetryMs; left.length > 0; pauseMs = Math.min(pauseMs * 2, storageRetryMaxMs)) {
      const outcomes = await database.commitEach(left.map(({ unit }) => unit));
      left = left.filter((writing, index) => !this.#decided(writing, outcomes[index]!));
      if (left.length > 0) await pause(pauseMs, stopping);
    }
  }

  /** Lets whoever waits know, unless it has to be tried again. */
  #decided({ taskId, told }: Writing, outcome: UnitOutcome): boolean {
    const { log, stopping } = this.#parts;
    const refused = ExpectationFailed.is(outcome);
    if (outcome instanceof Error && !refused && !stopping.aborted) {
      log.warn({ taskId, err: outcome }, 'an ending could not be stored yet');
      return false;
    }
    try {
      told(refused ? 'refused' : outcome instanceof Error ? 'abandoned' : 'durable');
    } catch (error) {
      log.error({ taskId, err: error }, 'what follows an ending failed');
    }
    return true;
  }

  #drop(lease: Lease): void {
    this.#parts.keeper.forgetLease(lease);
    lease.agent.leases.delete(lease.fence);
  }

  #ended(task: LiveTask, ending: Ending): void {
    this.#parts.keeper.forgetTask(task);
    this.#parts.board.remove(task);
    task.trace?.ended(ending.state, ending.error?.code);
    this.#parts.metrics.ended(ending.state, task.tenant);
    this.#parts.endings.tell(task, ending);
  }
}

/** Whether a report about this lease may still count: it is the newest of its task, and nothing has ended it. */
export function holds(agent: LiveAgent, taskId: string, fence: number): Lease | undefined {
  const lease = agent.leases.get(fence);
  return lease && lease.task.id === taskId && !lease.settling ? lease : undefined;
}

/** The failure that is told, and why it was not tried again. */
function withoutRetry(error: TaskError): TaskError {
  return { ...error, details: { ...error.details, notRetried: retryBudgetUsedUp } };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
