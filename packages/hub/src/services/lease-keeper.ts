import type { Clock } from '@reeve/kernel';
import { pressesAtMs } from '../domain/ageing.ts';
import type { Lease, LiveAgent, LiveTask } from '../domain/live.ts';
import { TimerWheel } from '../domain/timer-wheel.ts';
import { closeCodes } from '../api/protocol.ts';
import type { AgentRoster } from './agent-roster.ts';

const tickMs = 100;

/** What happens when a time is over. */
export interface TimesUp {
  /** The attempt took longer than its time-out. */
  attemptTimedOut(lease: Lease): void;
  /** The agent was silent for the whole time-to-live. */
  leaseExpired(lease: Lease): void;
  /** So little time is left before the deadline that the task must not wait its turn (see ageing.ts). */
  deadlinePresses(task: LiveTask): void;
  deadlinePassed(task: LiveTask): void;
  /** Looks whether an agent whose breaker is open may be tried again. */
  breakerOpen(agent: LiveAgent): void;
  /** A task that waited for its time, or for its next attempt, may run. */
  taskIsDue(task: LiveTask): void;
}

/**
 * Watches every time that matters with one timer. Time-outs, leases and delays between attempts run on the monotonic
 * clock; `runAtMs` and `deadlineAtMs` are wall-clock times of users and follow the wall clock, wherever it jumps.
 */
export class LeaseKeeper {
  readonly #clock: Clock;
  readonly #roster: AgentRoster;
  readonly #leaseTtlMs: number;
  readonly #timesUp: TimesUp;
  readonly #timeouts: TimerWheel<Lease>;
  readonly #delays: TimerWheel<LiveTask>;
  readonly #pressures: TimerWheel<LiveTask>;
  readonly #deadlines: TimerWheel<LiveTask>;
  readonly #runTimes: TimerWheel<LiveTask>;
  #timer: NodeJS.Timeout | undefined;
  #sweptAtMs: number;
  #excused = false;

  constructor(clock: Clock, roster: AgentRoster, leaseTtlMs: number, timesUp: TimesUp) {
    this.#clock = clock;
    this.#roster = roster;
    this.#leaseTtlMs = leaseTtlMs;
    this.#timesUp = timesUp;
    this.#timeouts = new TimerWheel(tickMs, clock.monotonicMs());
    this.#delays = new TimerWheel(tickMs, clock.monotonicMs());
    this.#pressures = new TimerWheel(tickMs, clock.nowMs());
    this.#deadlines = new TimerWheel(tickMs, clock.nowMs());
    this.#runTimes = new TimerWheel(tickMs, clock.nowMs());
    this.#sweptAtMs = clock.monotonicMs();
  }

  start(): void {
    this.#sweptAtMs = this.#clock.monotonicMs();
    this.#timer = setInterval(() => this.sweep(), tickMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  watchLease(lease: Lease): void {
    this.#timeouts.add(lease, this.#clock.monotonicMs() + lease.task.timeoutMs);
  }

  forgetLease(lease: Lease): void {
    this.#timeouts.cancel(lease);
  }

  watchDeadline(task: LiveTask): void {
    const { deadlineAtMs, timeoutMs } = task;
    if (deadlineAtMs === undefined) return;
    this.#deadlines.add(task, deadlineAtMs);
    if (task.follower) return; // it has no more time than one attempt from the start: what is urgent, its priority says
    const pressesMs = pressesAtMs(deadlineAtMs, timeoutMs);
    if (pressesMs > this.#clock.nowMs()) this.#pressures.add(task, pressesMs);
    else this.#timesUp.deadlinePresses(task);
  }

  /** Lets the task run after a delay. */
  delay(task: LiveTask, delayMs: number): void {
    this.#delays.add(task, this.#clock.monotonicMs() + delayMs);
  }

  /** Lets the task run at a wall-clock time. */
  schedule(task: LiveTask, runAtMs: number): void {
    this.#runTimes.add(task, runAtMs);
  }

  forgetTask(task: LiveTask): void {
    this.#delays.cancel(task);
    this.#runTimes.cancel(task);
    this.#pressures.cancel(task);
    this.#deadlines.cancel(task);
  }

  /** Whether the task waits for a time. */
  delays(task: LiveTask): boolean {
    return this.#delays.has(task) || this.#runTimes.has(task);
  }

  /** Tasks that wait for a time. */
  get delayed(): number {
    return this.#delays.size + this.#runTimes.size;
  }

  /** Acts on everything whose time is over. Runs by itself ten times a second. */
  sweep(): void {
    const monotonicMs = this.#clock.monotonicMs();
    if (this.#stoodStill(monotonicMs)) return;
    const nowMs = this.#clock.nowMs();
    for (const lease of this.#timeouts.due(monotonicMs)) this.#timesUp.attemptTimedOut(lease);
    for (const task of this.#pressures.due(nowMs)) this.#timesUp.deadlinePresses(task);
    for (const task of this.#deadlines.due(nowMs)) this.#timesUp.deadlinePassed(task);
    for (const task of this.#delays.due(monotonicMs)) this.#timesUp.taskIsDue(task);
    for (const task of this.#runTimes.due(nowMs)) this.#timesUp.taskIsDue(task);
    for (const agent of this.#roster.all()) this.#checkAgent(agent, monotonicMs);
  }

  /**
   * Whether this process did not run for a while (stopped, starved, its machine paused), so that heartbeats and results
   * may wait in its sockets. Time in which it could hear nobody is no silence of the agents; and nothing is judged before
   * the sockets have been read once, though never put off twice, or a machine that stutters would never judge.
   */
  #stoodStill(monotonicMs: number): boolean {
    const stillMs = monotonicMs - this.#sweptAtMs - tickMs;
    this.#sweptAtMs = monotonicMs;
    if (stillMs < tickMs) return (this.#excused = false);
    for (const agent of this.#roster.all()) agent.heardAtMs = Math.min(agent.heardAtMs + stillMs, monotonicMs);
    return (this.#excused = !this.#excused);
  }

  #checkAgent(agent: LiveAgent, monotonicMs: number): void {
    if (agent.breaker.state === 'open') this.#timesUp.breakerOpen(agent);
    if (monotonicMs - agent.heardAtMs < this.#leaseTtlMs) return;
    agent.link?.close(closeCodes.heartbeatMissed, 'no heartbeat within the lease time');
    for (const lease of agent.leases.values()) this.#timesUp.leaseExpired(lease);
  }
}
