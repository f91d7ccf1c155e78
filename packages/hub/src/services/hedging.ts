import type { Clock } from '@reeve/kernel';
import type { Database, Logger, UnitStatement } from '@reeve/platform';
import type { HedgeTerms } from '../domain/hedge-terms.ts';
import { newLease, type Lease, type LiveAgent, type LiveTask } from '../domain/live.ts';
import { RecentQuantile } from '../domain/recent-quantile.ts';
import { RetryBudget } from '../domain/retry-budget.ts';
import type { TenantTermsBook } from '../domain/tenant-terms.ts';
import type { HubMetrics } from '../metrics.ts';
import { moveLease } from '../store/move-lease.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Inputs } from './inputs.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Measurements } from './measurements.ts';
import type { RetryBudgets } from './retry-budgets.ts';
import { withdrawRival } from './rivals.ts';
import { taskEvent } from './task-event.ts';

const reservePerSecond = 0.1;

export interface HedgingParts {
  readonly keeper: LeaseKeeper;
  readonly dispatcher: Dispatcher;
  readonly inputs: Inputs;
  readonly terms: TenantTermsBook;
  readonly measurements: Measurements;
  readonly retryBudgets: RetryBudgets;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
}

/** What was measured of the streams of one capability, and how many of them may be hedged. */
interface Streams {
  readonly firstChunkMs: RecentQuantile;
  readonly hedges: RetryBudget;
}

/**
 * Hedges: a stream whose first chunk is late gets a second attempt at another agent under the same fence. The first that
 * gives something, or is done, is the attempt of the task from then on; the other is told to stop. One that fails while
 * the other is under way leaves the task to that. The record knows one agent under the fence, the one that counts.
 */
export class Hedging {
  readonly #parts: HedgingParts;
  readonly #streams = new Map<string, Streams>();

  constructor(parts: HedgingParts) {
    this.#parts = parts;
  }

  /** A stream has begun to be worked on: plans to look after it when it is late. @param begun told of its hedge */
  watch(lease: Lease, terms: HedgeTerms, begun: () => void): void {
    const { queue } = lease.task;
    const { firstChunkMs, hedges } = this.#streamsOf(lease.task, terms);
    const nowMs = this.#parts.clock.monotonicMs();
    hedges.requested(nowMs);
    if (queue.qualified.size < 2 || firstChunkMs.count < terms.minSamples) return;
    const lateAtMs = lease.grantedAtMs + Math.max(terms.minDelayMs, firstChunkMs.at(terms.quantile)!);
    setTimeout(() => this.#isLate(lease, hedges, begun), Math.max(1, Math.ceil(lateAtMs - nowMs))).unref();
  }

  /** The first chunk of an attempt came: it counts from now on, and not its rival. */
  firstChunk(lease: Lease): void {
    // Whole answers come in chunks too when they are long, and are late in that by nature.
    const hedge = lease.task.follower?.hedge;
    if (hedge) this.#streamsOf(lease.task, hedge).firstChunkMs.add(lease.firstChunkAtMs! - lease.grantedAtMs);
    if (lease.rival) this.decide(lease);
  }

  /** This attempt is the one of its task from now on; its rival, if it has one, is told to stop. */
  decide(lease: Lease): void {
    const { rival, task } = lease;
    if (!rival) return;
    const { keeper, dispatcher, measurements, metrics } = this.#parts;
    dispatcher.agentChanged(withdrawRival(lease, keeper, 'another was faster')!);
    measurements.overtaken(rival);
    metrics.hedge(task.lease === lease ? 'lost' : 'won');
    if (task.lease !== lease) this.#move(lease);
  }

  /** An attempt has failed. @returns whether the task goes on with its rival; otherwise it is as it was. */
  leftToRival(lease: Lease): boolean {
    const { rival, task, agent, fence } = lease;
    if (!rival) return false;
    const { keeper, dispatcher, metrics } = this.#parts;
    lease.rival = rival.rival = undefined;
    keeper.forgetLease(lease);
    agent.leases.delete(fence);
    agent.link?.accepted(task.id, fence);
    dispatcher.agentChanged(agent);
    metrics.hedge(task.lease === lease ? 'won' : 'lost');
    if (task.lease === lease) this.#move(rival);
    return true;
  }

  /** What the record has to be told before the end of an attempt that it does not know by its agent yet. */
  unrecorded({ isMoved, task, agent, fence }: Lease): UnitStatement[] {
    return isMoved ? [moveLease.bindExpecting(1, { seq: task.seq, fence, agent_id: agent.id })] : [];
  }

  #isLate(lease: Lease, hedges: RetryBudget, begun: () => void): void {
    const { task } = lease;
    if (task.lease !== lease || lease.settling || lease.stream || lease.rival || task.endings > 0 || task.streamed)
      return;
    const { clock, metrics, retryBudgets } = this.#parts;
    const agent = task.queue.qualified.best(lease.agent);
    if (!agent || agent === lease.agent) return metrics.hedge('no_agent');
    if (!hedges.take(clock.monotonicMs())) return metrics.hedge('too_many');
    if (!retryBudgets.take(task, 'failed')) return metrics.hedge('retry_budget');
    this.#hedge(lease, agent);
    metrics.hedge('begun');
    begun();
  }

  #hedge(lease: Lease, agent: LiveAgent): void {
    const { keeper, inputs, terms, clock } = this.#parts;
    const { task, fence } = lease;
    const rival = newLease(fence, agent, task, clock.monotonicMs());
    rival.rival = lease;
    lease.rival = rival;
    agent.leases.set(fence, rival);
    agent.turns.take(task.tenant, terms.of(task.tenant).weight, task.cost);
    keeper.watchLease(rival);
    this.#note(rival, 'task.hedged', []);
    inputs.load(task, (input) => {
      if (rival.rival !== lease && task.lease !== rival) return; // it is not wanted any more
      if (input !== undefined) agent.link?.lease(rival, input);
      else if (rival.rival) this.#parts.dispatcher.agentChanged(withdrawRival(lease, keeper, 'no input')!);
    });
  }

  #move(lease: Lease): void {
    const { task, agent, fence } = lease;
    task.lease = lease;
    lease.isMoved = true;
    task.trace?.leased(agent.id, task.attempt, fence);
    task.follower?.granted?.(agent);
    this.#note(lease, 'task.moved', this.unrecorded(lease));
  }

  /** Nobody waits for it: what is not written here is written with the end of the attempt. */
  #note({ task, agent, fence }: Lease, type: string, statements: UnitStatement[]): void {
    const events = [taskEvent(task, type, { agentId: agent.id, attempt: task.attempt, fence })];
    this.#parts.database.commit({ statements, events }).catch((err: unknown) => {
      this.#parts.log.warn({ taskId: task.id, err }, 'which of two attempts counts could not be written yet');
    });
  }

  #streamsOf(task: LiveTask, { maxShare }: HedgeTerms): Streams {
    const capability = capabilityOf(task);
    let streams = this.#streams.get(capability);
    if (!streams) {
      const hedges = new RetryBudget({ share: maxShare, perSecond: reservePerSecond });
      this.#streams.set(capability, (streams = { firstChunkMs: new RecentQuantile(), hedges }));
    }
    return streams;
  }
}

function capabilityOf({ queue }: LiveTask): string {
  return queue.wanted.requires[0]!.name;
}
