import { ShuttingDown, type Clock, type ReeveError, type Span } from '@reeve/kernel';
import type { Logger } from '@reeve/platform';
import type { TaskError, TaskSubmission } from '../api/task.ts';
import { attemptError } from '../domain/attempt-error.ts';
import { Affinities } from '../domain/affinities.ts';
import type { HedgeTerms } from '../domain/hedge-terms.ts';
import type { Follower, LiveAgent, LiveTask, Resumption } from '../domain/live.ts';
import { TaskCancelled, TaskDead, TaskExpired } from '../errors.ts';
import { agentsPaused } from './agents-paused.ts';
import type { Breakers } from './breakers.ts';
import type { Ending, Endings } from './endings.ts';
import { patienceMs } from './patience.ts';
import type { Hedging } from './hedging.ts';
import type { RetryBudgets } from './retry-budgets.ts';
import type { Settlement } from './settlement.ts';
import type { Submissions } from './submissions.ts';

/** Work for a caller who waits on an open connection: when the caller goes, the work stops. */
export interface AttachedRequest {
  readonly tenant: string;
  readonly submission: TaskSubmission;
  /** Takes the stream, if there is one; see `Follower`. */
  readonly onChunks: Follower['chunks'];
  /** Told of each agent that has the work from this moment on; possibly before `attach` returns. */
  readonly onLease?: (agentId: string) => void;
  /** A stream broke off with the agent that made it. @returns how another goes on with it, if one can. */
  readonly onBroken?: (agentId: string, code: string) => Resumption | undefined;
  /** A stream that is late in beginning may be asked for a second time. */
  readonly hedge?: HedgeTerms;
  /** Told when it was. */
  readonly onHedge?: () => void;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /**
   * The task is handed over while it is being written: nobody was told anything yet. `sync`: nothing of its answer is
   * given out before the task is durable. `group`: neither waits. The result itself is written while it is given out: a
   * crash in between loses the record of how a request ended, and with `group` also one whose caller notices, because
   * the connection breaks too.
   */
  readonly durability: 'sync' | 'group';
  /** Of the request, where that is traced. */
  readonly span?: Span | undefined;
  /** What it is likely to take of the turns of its tenant, where a task takes 1; `Hub.correctCost` corrects it. */
  readonly cost?: number;
  /** Requests with one key go to the agent that had the one before, while it qualifies and has room. */
  readonly affinity?: string;
}

export interface AttachedTask {
  readonly taskId: string;
  /**
   * JSON text of the output. Rejects with TaskDead, TaskExpired or TaskCancelled; at once, with the reason of the
   * signal, when that is aborted; with AgentsPaused while it waits and the breakers of all who could take it are open;
   * with StorageUnavailable when the task could not be made durable; with ShuttingDown when the hub ends before the task.
   */
  readonly output: Promise<string>;
}

export interface AttachedTasksParts {
  readonly submissions: Submissions;
  readonly settlement: Settlement;
  readonly endings: Endings;
  readonly breakers: Breakers;
  readonly retryBudgets: RetryBudgets;
  readonly hedging: Hedging;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A task that somebody waits for. */
interface Waiting {
  readonly task: LiveTask;
  /** Tells the one who waits. */
  readonly reject: (error: ReeveError) => void;
  /** Tells that, and withdraws the task. */
  readonly withdraw: (error: ReeveError) => void;
}

export class AttachedTasks {
  readonly #parts: AttachedTasksParts;
  readonly #waiting = new Set<Waiting>();
  readonly #affinities = new Affinities();

  constructor(parts: AttachedTasksParts) {
    this.#parts = parts;
    parts.breakers.onOpened((agent) => this.#agentPaused(agent));
  }

  /** Tells all who still wait that nothing comes any more. In the record their tasks end with the next start. */
  endAll(): void {
    for (const { reject } of this.#waiting) reject(ShuttingDown.error('the hub stops', { retryAfterMs: 1_000 }));
  }

  /** @throws synchronously what a submission can be refused for, before anything is done. */
  start(request: AttachedRequest): AttachedTask {
    const { tenant, submission, onChunks, signal, durability, span, cost, hedge, onHedge, onBroken } = request;
    const { submissions, endings, settlement, retryBudgets, hedging } = this.#parts;
    const settled = Promise.withResolvers<string>();
    const stream = durability === 'sync' ? new HeldChunks(onChunks) : undefined;
    const follower: Follower = {
      chunks: stream?.chunks ?? onChunks,
      waitsAgain: () => this.#endIfPaused(waiting),
      settling: ({ output }) => {
        if (durability === 'group') settled.resolve(output);
        else void accepted.then(() => settled.resolve(output));
      },
      ...this.#standingOf(request),
      // Not before it is in the record, where a second attempt finds its input.
      hedge,
      ...(onBroken && { resume: (...broken) => (stream?.holds ? undefined : onBroken(...broken)) }),
      ...(hedge && { leased: (lease) => void accepted.then(() => hedging.watch(lease, hedge, () => onHedge?.())) }),
    };
    const prepared = submissions.prepareAttached(tenant, submission, { follower, span, cost });
    const { task } = prepared;
    retryBudgets.requested(task);
    let withdrawn: TaskError | undefined;
    const end = (told: Error, recorded: TaskError): void => {
      withdrawn ??= recorded;
      settled.reject(told);
    };
    const leave = (): void => end(signal.reason as Error, attemptError(TaskCancelled, 'its submitter has gone'));
    const withdraw = (error: ReeveError): void => end(error, attemptError(error.kind, error.message));
    const waiting: Waiting = { task, reject: settled.reject, withdraw };
    this.#waiting.add(waiting);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    const accepted = submissions.acceptAttached(prepared, durability === 'group' ? patienceMs : undefined).then(
      () => stream?.open(),
      (error: unknown) => {
        forget();
        settled.reject(error);
        settlement.neverStored(task);
      },
    );
    // After `accepted`, so that the last of a stream goes before its end.
    const forget = endings.on(task.id, (ending) => void accepted.then(() => settle(ending, settled)));
    const done = (): void => {
      this.#waiting.delete(waiting);
      signal.removeEventListener('abort', leave);
      // Not before it is in the record: until then nothing can be recorded about its end.
      if (withdrawn) void accepted.then(() => this.#withdraw(task, withdrawn!));
    };
    settled.promise.then(done, done);
    return { taskId: task.id, output: settled.promise };
  }

  /** Who should have it, and who has it. */
  #standingOf({ affinity, onLease }: AttachedRequest): Partial<Follower> {
    return {
      preferred: affinity === undefined ? undefined : this.#affinities.agentOf(affinity),
      granted: (agent) => {
        if (affinity !== undefined) this.#affinities.remember(affinity, agent);
        onLease?.(agent.id);
      },
    };
  }

  /** Whoever waits for what only agents with open breakers could do is told now, and may ask again. */
  #agentPaused(agent: LiveAgent): void {
    for (const waiting of this.#waiting) if (agent.qualifies.has(waiting.task.queue)) this.#endIfPaused(waiting);
  }

  #endIfPaused({ task, withdraw }: Waiting): void {
    if (task.lease) return; // its attempt may yet succeed
    const paused = agentsPaused(task.queue, this.#parts.clock.monotonicMs());
    if (paused) withdraw(paused);
  }

  #withdraw(task: LiveTask, error: TaskError): void {
    const { settlement, log } = this.#parts;
    settlement
      .withdraw(task, error)
      .catch((err: unknown) => log.error({ taskId: task.id, err }, 'a task could not be withdrawn'));
  }
}

/** Holds the beginning of a stream back until its task is durable; how much that can be, the agent's credit bounds. */
class HeldChunks {
  readonly #onChunks: Follower['chunks'];
  #held: Parameters<Follower['chunks']>[] | undefined = [];

  constructor(onChunks: Follower['chunks']) {
    this.#onChunks = onChunks;
  }

  readonly chunks: Follower['chunks'] = (data, taken) => {
    if (this.#held) this.#held.push([data, taken]);
    else this.#onChunks(data, taken);
  };

  /** Whether something may still be given out of what came before. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const [data, taken] of held) this.#onChunks(data, taken);
  }
}

function settle(ending: Ending, { resolve, reject }: PromiseWithResolvers<string>): void {
  if (ending.state === 'succeeded') resolve(ending.output!);
  else reject(errorOf(ending));
}

function errorOf({ state, error }: Ending): ReeveError {
  const kind = state === 'cancelled' ? TaskCancelled : state === 'expired' ? TaskExpired : TaskDead;
  const facts =
    error === undefined ? {} : { details: { code: error.code, retryable: error.retryable, ...error.details } };
  return kind.error(error?.message ?? `the task ended as ${state}`, facts);
}
