import type { Handler } from '@reeve/hub/api';
import type { Clock } from '@reeve/kernel';
import { AttemptAborted, CapabilityNotHandled } from '../errors.ts';
import { Attempt, type FetchBlob } from './attempt.ts';
import type { LeaseFrame } from './hub-frames.ts';
import type { AgentLog } from './options.ts';
import type { Outbox } from './outbox.ts';
import { encodeOutput, toTaskError } from './outcome.ts';

/** Timers take at most 2^31 - 1 ms. */
const longestTimerMs = 2 ** 31 - 1;

export interface AttemptsParts {
  readonly handlerOf: (capability: string) => Handler | undefined;
  readonly outbox: Outbox;
  readonly fetchBlob: FetchBlob;
  readonly clock: Clock;
  readonly log: AgentLog;
}

/** The leases an agent holds, by fence: those in work, and those whose result the hub has not acknowledged yet. */
export class Attempts {
  readonly #parts: AttemptsParts;
  readonly #byFence = new Map<number, Attempt>();
  #running = 0;
  /** One timer for all time-outs, armed for the earliest: a timer for each lease costs more than a small task. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAtMs = Infinity;
  /** Handlers that have not settled, those of void attempts included. */
  #handlers = 0;
  #onEmpty: Array<() => void> = [];
  #onQuiet: Array<() => void> = [];

  constructor(parts: AttemptsParts) {
    this.#parts = parts;
  }

  get running(): number {
    return this.#running;
  }

  /** Starts the handler of a lease. */
  begin(lease: LeaseFrame): void {
    if (this.#byFence.has(lease.fence)) return;
    const attempt = this.#attemptFor(lease, this.#expiryOf(lease));
    this.#byFence.set(lease.fence, attempt);
    this.#running++;
    this.#armTimer(attempt.expiresAtMs);
    this.#run(attempt, lease.input);
  }

  /** Gives a lease back unworked. */
  decline(lease: LeaseFrame, reason: string): void {
    const attempt = this.#attemptFor(lease, Infinity);
    this.#byFence.set(lease.fence, attempt);
    attempt.finish('declined', `"reason":${JSON.stringify(reason)}`);
  }

  #attemptFor(lease: LeaseFrame, expiresAtMs: number): Attempt {
    const { outbox, fetchBlob } = this.#parts;
    return new Attempt(lease, expiresAtMs, { wantsToSend: outbox.queueAttempt, fetchBlob });
  }

  #expiryOf(lease: LeaseFrame): number {
    const { clock } = this.#parts;
    const leftMs = lease.deadlineAtMs === undefined ? Infinity : Math.max(0, lease.deadlineAtMs - clock.nowMs());
    return clock.monotonicMs() + Math.min(lease.timeoutMs, leftMs);
  }

  #run(attempt: Attempt, input: unknown): void {
    const handler = this.#parts.handlerOf(attempt.capability);
    if (handler === undefined) {
      this.#fail(attempt, CapabilityNotHandled.error(`this agent has no handler for ${attempt.capability}`));
      return;
    }
    try {
      const outcome: unknown = handler(input, attempt);
      if (!(outcome instanceof Promise)) return this.#succeed(attempt, outcome); // plain JavaScript may
      this.#handlers++;
      outcome.then(
        (output) => {
          this.#settled();
          this.#succeed(attempt, output);
        },
        (thrown: unknown) => {
          this.#settled();
          this.#fail(attempt, thrown);
        },
      );
    } catch (thrown) {
      this.#fail(attempt, thrown); // threw before it returned a promise
    }
  }

  #settled(): void {
    if (--this.#handlers === 0) for (const resolve of this.#onQuiet.splice(0)) resolve();
  }

  #succeed(attempt: Attempt, output: unknown): void {
    if (attempt.state !== 'running') return;
    let text: string;
    try {
      if (attempt.streamFailure !== undefined) throw attempt.streamFailure; // a chunk is missing: no success
      text = encodeOutput(output);
    } catch (error) {
      this.#fail(attempt, error);
      return;
    }
    this.#running--;
    attempt.finish('succeeded', `"output":${text}`);
  }

  #fail(attempt: Attempt, thrown: unknown): void {
    const { taskId } = attempt;
    if (attempt.state !== 'running') {
      this.#parts.log.debug({ taskId, err: thrown }, 'a handler failed after its attempt was over');
      return;
    }
    const error = toTaskError(thrown);
    this.#parts.log.warn({ taskId, attempt: attempt.attempt, code: error.code, err: thrown }, 'a handler failed');
    this.#running--;
    attempt.finish('failed', `"error":${JSON.stringify(error)}`);
  }

  /** The hub does not want the attempt any more. */
  drop(fence: number, reason: string): void {
    const attempt = this.#byFence.get(fence);
    if (attempt === undefined) return;
    if (attempt.state === 'running') this.#running--;
    attempt.state = 'void';
    attempt.abort(AttemptAborted.error(reason));
    this.#forget(fence);
  }

  /** The hub has acknowledged the result, or said that it came too late. */
  settle(fence: number): void {
    const attempt = this.#byFence.get(fence);
    if (attempt === undefined) return;
    if (attempt.state === 'running') this.drop(fence, 'the lease is lost');
    else this.#forget(fence);
  }

  credit(fence: number, amount: number): void {
    this.#byFence.get(fence)?.credit(amount);
  }

  /** Everything the hub has not acknowledged: what it is asked to keep when the agent connects again. */
  held(): Array<{ taskId: string; fence: number }> {
    return Array.from(this.#byFence.values(), ({ taskId, fence }) => ({ taskId, fence }));
  }

  /**
   * After a new connection was welcomed: running attempts that the hub did not keep are dropped; the others go on, and
   * every unacknowledged result is sent again, kept or not, for it may have been accepted before the connection broke.
   */
  resume(kept: ReadonlySet<number>): void {
    for (const [fence, attempt] of this.#byFence) {
      if (attempt.state === 'running' && !kept.has(fence)) this.drop(fence, 'the lease was lost with the connection');
      else attempt.rewind();
    }
  }

  /** Gives every running attempt back at once and tells its handler to stop. */
  giveBack(reason: string): void {
    for (const attempt of this.#byFence.values()) {
      if (attempt.state !== 'running') continue;
      this.#running--;
      attempt.finish('declined', `"reason":${JSON.stringify(reason)}`);
      attempt.abort(AttemptAborted.error(reason));
    }
  }

  /** Resolves when nothing runs and every result has been acknowledged. */
  whenEmpty(): Promise<void> {
    if (this.#byFence.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onEmpty.push(resolve));
  }

  /** Resolves with true when no handler is at work any more, with false when some still are after `timeoutMs`. */
  whenQuiet(timeoutMs: number): Promise<boolean> {
    if (this.#handlers === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), timeoutMs);
      this.#onQuiet.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Forgets everything, for the agent ends; handlers still at work are told to stop. */
  abandon(reason: string): void {
    for (const fence of this.#byFence.keys()) this.drop(fence, reason);
    clearTimeout(this.#timer);
  }

  #forget(fence: number): void {
    this.#byFence.delete(fence);
    if (this.#byFence.size === 0) for (const resolve of this.#onEmpty.splice(0)) resolve();
  }

  #armTimer(atMs: number): void {
    if (atMs >= this.#timerAtMs) return;
    clearTimeout(this.#timer);
    this.#timerAtMs = atMs;
    const delayMs = Math.min(longestTimerMs, Math.max(0, Math.ceil(atMs - this.#parts.clock.monotonicMs())));
    this.#timer = setTimeout(() => this.#sweep(), delayMs);
  }

  /** Ends the attempts whose time is over, and arms the timer for the next. */
  #sweep(): void {
    this.#timerAtMs = Infinity;
    const nowMs = this.#parts.clock.monotonicMs();
    let earliestMs = Infinity;
    for (const attempt of this.#byFence.values()) {
      if (attempt.state !== 'running') continue;
      if (attempt.expiresAtMs <= nowMs) this.#timeOut(attempt);
      else if (attempt.expiresAtMs < earliestMs) earliestMs = attempt.expiresAtMs;
    }
    this.#armTimer(earliestMs);
  }

  #timeOut(attempt: Attempt): void {
    const message = 'the attempt was not finished in its time';
    this.#running--;
    attempt.finish('failed', `"error":${JSON.stringify({ code: 'attempt_timed_out', message, retryable: true })}`);
    attempt.abort(AttemptAborted.error(message));
  }
}
