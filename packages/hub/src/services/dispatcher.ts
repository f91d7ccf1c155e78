import type { Clock } from '@reeve/kernel';
import { ExpectationFailed, type Database, type Logger, type UnitStatement } from '@reeve/platform';
import { chooseAgent } from '../domain/choice.ts';
import { freeSlots, newLease, type Lease, type LiveAgent, type LiveTask, type TaskQueue } from '../domain/live.ts';
import { list, nextTask } from '../domain/next-task.ts';
import type { TenantTermsBook } from '../domain/tenant-terms.ts';
import type { HubMetrics } from '../metrics.ts';
import { leaseTask } from '../store/lease-task.ts';
import type { Fences } from './fences.ts';
import type { Inputs } from './inputs.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { patienceMs } from './patience.ts';
import { withdrawRival } from './rivals.ts';
import type { TaskBoard } from './task-board.ts';
import { taskEvent } from './task-event.ts';

/** While the database cannot store, nothing is handed out; this is how often it is looked at. */
const storageProbeMs = 250;

export interface DispatcherParts {
  readonly board: TaskBoard;
  readonly keeper: LeaseKeeper;
  readonly fences: Fences;
  readonly inputs: Inputs;
  readonly terms: TenantTermsBook;
  readonly random: () => number;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: HubMetrics;
}

/**
 * Brings waiting tasks and free slots together. Whatever changes (a task is new, a slot is free) marks its queue or
 * agent; one pass per turn of the event loop then gives leases, so that many leases to one agent leave as one message.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #changedQueues = new Set<TaskQueue>();
  readonly #changedAgents = new Set<LiveAgent>();
  /** Leases of the pass that is being made. */
  readonly #granted: Lease[] = [];
  #passPlanned = false;
  #draining = false;
  #stopped = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
  }

  /** The queue has work that it had not before. */
  queueChanged(queue: TaskQueue): void {
    this.#changedQueues.add(queue);
    this.#planPass();
  }

  /** The agent has a free slot, or qualifies for more, than before. */
  agentChanged(agent: LiveAgent): void {
    this.#changedAgents.add(agent);
    this.#planPass();
  }

  /**
   * From now on only tasks whose submitters wait on a connection are handed out: they are what is still under way. All
   * others are set aside, or one of them would stand before these for ever; the next start finds them in the record.
   */
  drain(): void {
    this.#draining = true;
    for (const queue of this.#parts.board.queues()) this.queueChanged(queue);
  }

  /** Gives no lease any more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#probe);
  }

  #planPass(): void {
    if (this.#passPlanned || this.#stopped) return;
    this.#passPlanned = true;
    queueMicrotask(() => this.#pass());
  }

  #pass(): void {
    this.#passPlanned = false;
    if (this.#stopped) return;
    if (!this.#parts.database.status().writable) return this.#waitForStorage();
    if (this.#draining) for (const queue of this.#changedQueues) this.#setAside(queue);
    // Slots first: whoever has waited for one takes turns for it, before anything new may have what is left.
    for (const agent of this.#changedAgents) this.#feed(agent);
    this.#changedAgents.clear();
    for (const queue of this.#changedQueues) this.#serve(queue);
    this.#changedQueues.clear();
    if (this.#granted.length > 0) void this.#record(this.#granted.splice(0));
  }

  #waitForStorage(): void {
    if (this.#probe) return;
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      this.#planPass();
    }, storageProbeMs);
  }

  /** Gives the tasks of one class to the best free agents. */
  #serve(queue: TaskQueue): void {
    for (let task = queue.first; task; task = queue.first) {
      const agent = chooseAgent(queue, task, this.#parts.random);
      if (!agent) return list(queue);
      this.#grant(agent, task);
    }
  }

  /** Fills the free slots of one agent with what is next for it; those it keeps are offered to whatever comes. */
  #feed(agent: LiveAgent): void {
    while (freeSlots(agent) > 0) {
      const task = nextTask(agent, this.#parts.board.table);
      if (!task) return rise(agent);
      this.#grant(agent, task);
    }
  }

  #setAside(queue: TaskQueue): void {
    const aside = Array.from(queue).filter(({ follower }) => !follower);
    for (const task of aside) this.#parts.board.dequeue(task);
  }

  #grant(agent: LiveAgent, task: LiveTask): void {
    const { board, keeper, fences, terms, clock, metrics } = this.#parts;
    board.take(task);
    agent.turns.take(task.tenant, terms.of(task.tenant).weight, task.cost);
    task.attempt += 1;
    const lease = newLease(fences.take(), agent, task, task.follower ? clock.monotonicMs() : 0);
    task.lease = lease;
    task.trace?.leased(agent.id, task.attempt, lease.fence);
    agent.leases.set(lease.fence, lease);
    keeper.watchLease(lease);
    metrics.waited(clock.nowMs() - task.submittedAtMs);
    this.#granted.push(lease);
    task.follower?.granted?.(agent);
    task.follower?.leased?.(lease);
    this.#send(lease);
  }

  /** Writes the leases of a pass down with the next group; results, written later, find them there. */
  async #record(leases: readonly Lease[]): Promise<void> {
    const leased_at_ms = this.#parts.clock.nowMs();
    try {
      await this.#parts.database.commit({
        statements: leases.map((lease) => recordOf(lease, leased_at_ms)),
        events: leases.map(({ task, agent, fence }) =>
          taskEvent(task, 'task.leased', { agentId: agent.id, attempt: task.attempt, fence }),
        ),
        // Of what waits on a connection nothing is left after a crash; all else is kept by agents, if it is in the record.
        mayWaitMs: leases.every(({ task }) => task.follower) ? patienceMs : undefined,
      });
    } catch (error) {
      // One of them does not fit the record: each for itself then, so that it holds up none of the others.
      if (ExpectationFailed.is(error) && leases.length > 1) {
        for (const lease of leases) if (lease.task.lease === lease) void this.#record([lease]);
        return;
      }
      this.#parts.log.warn({ leases: leases.length, err: error }, 'leases could not be written and are taken back');
      for (const lease of leases) this.#takeBack(lease, 'the lease could not be made durable');
    }
  }

  #send(lease: Lease): void {
    const { board, inputs } = this.#parts;
    const input = lease.task.resumption ?? board.takeInput(lease.task);
    if (input !== undefined) return lease.agent.link?.lease(lease, input);
    inputs.load(lease.task, (loaded) => {
      if (lease.task.lease !== lease) return;
      if (loaded === undefined) this.#takeBack(lease, 'the input could not be read');
      else lease.agent.link?.lease(lease, loaded);
    });
  }

  /** The attempt never began: the task waits again, first in its lane. */
  #takeBack(lease: Lease, reason: string): void {
    const { task, agent, fence } = lease;
    if (task.lease !== lease || lease.settling) return;
    this.#parts.keeper.forgetLease(lease);
    agent.leases.delete(fence);
    this.#changedAgents.add(agent);
    const other = withdrawRival(lease, this.#parts.keeper, reason);
    if (other) this.#changedAgents.add(other);
    task.lease = undefined;
    task.attempt -= 1;
    agent.link?.cancel(task.id, fence, reason);
    if (this.#parts.board.get(task.id) !== task) return;
    this.#parts.board.giveBack(task);
    this.#changedQueues.add(task.queue);
    this.#waitForStorage();
  }
}

function recordOf({ task, agent, fence }: Lease, leased_at_ms: number): UnitStatement {
  const lease = { seq: task.seq, fence, attempt: task.attempt, agent_id: agent.id, leased_at_ms };
  return leaseTask.bindExpecting(1, lease);
}

/** It has a free slot and nothing waits for it: in each class it stands where it deserves again. */
function rise(agent: LiveAgent): void {
  for (const queue of agent.lowered) queue.qualified.raise(agent);
  agent.lowered.clear();
}
