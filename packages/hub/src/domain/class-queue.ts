import { LaneQueue } from './lane-queue.ts';
import { LazyRanking } from './lazy-ranking.ts';
import { freeSlots, standingOf, type LiveAgent, type LiveTask, type TaskQueue } from './live.ts';
import { highestScore, score } from './match.ts';
import type { RequirementClass } from './requirement-class.ts';
import { TenantQueue, type Pressure } from './tenant-queue.ts';

/** Only compared with one another, over all classes. */
let turns = 0;

/** The tasks of one requirement class that wait for an agent: the tenants take turns, each has lanes of its own. */
export class ClassQueue implements TaskQueue {
  readonly wanted: RequirementClass;
  readonly qualified: LazyRanking<LiveAgent>;
  readonly unlisted = new Set<LiveAgent>();
  readonly #pressure: Pressure;
  readonly #ring = new LaneQueue<TenantQueue>();
  readonly #byTenant = new Map<string, TenantQueue>();
  #size = 0;

  constructor(wanted: RequirementClass, pressure: Pressure) {
    this.wanted = wanted;
    this.#pressure = pressure;
    this.qualified = new LazyRanking<LiveAgent>(
      (agent) => worth(agent, freeSlots(agent), wanted),
      (agent) => agent.lowered.add(this),
    );
  }

  get size(): number {
    return this.#size;
  }

  get firstTenant(): TenantQueue | undefined {
    return this.#ring.first;
  }

  get first(): LiveTask | undefined {
    return this.#ring.first?.first;
  }

  /** When the oldest task that waits was submitted; infinitely late without any. */
  get oldestSubmittedAtMs(): number {
    let oldestMs = Infinity;
    for (const waiting of this.#ring) oldestMs = Math.min(oldestMs, waiting.oldestSubmittedAtMs);
    return oldestMs;
  }

  of(tenant: string): TenantQueue | undefined {
    return this.#byTenant.get(tenant);
  }

  qualify(agent: LiveAgent): void {
    this.qualified.add(agent, highestScore(agent.matchable, this.wanted));
    agent.qualifies.add(this);
    if (this.#size > 0) agent.agenda.add(this);
    else this.unlisted.add(agent);
  }

  disqualify(agent: LiveAgent): void {
    this.qualified.remove(agent);
    this.unlisted.delete(agent);
    agent.qualifies.delete(this);
    agent.agenda.delete(this);
    agent.lowered.delete(this);
  }

  push(task: LiveTask): void {
    this.#joined(task.tenant).push(task);
    this.#size += 1;
  }

  giveBack(task: LiveTask): void {
    this.#joined(task.tenant).giveBack(task);
    this.#size += 1;
  }

  remove(task: LiveTask): void {
    const waiting = this.#byTenant.get(task.tenant)!;
    waiting.remove(task);
    this.#size -= 1;
    if (waiting.size > 0) return;
    this.#ring.remove(waiting);
    this.#byTenant.delete(task.tenant);
  }

  take(task: LiveTask): void {
    this.remove(task);
    const waiting = this.#byTenant.get(task.tenant);
    if (!waiting) return;
    waiting.turn = ++turns;
    this.#ring.remove(waiting);
    this.#ring.push(waiting);
  }

  /** How many tasks of its own tenant go before this one; other tenants take turns with it. */
  ahead(task: LiveTask): number {
    return this.#byTenant.get(task.tenant)!.ahead(task);
  }

  *[Symbol.iterator](): Iterator<LiveTask> {
    for (const waiting of this.#ring) yield* waiting;
  }

  #joined(tenant: string): TenantQueue {
    let waiting = this.#byTenant.get(tenant);
    if (waiting) return waiting;
    this.#byTenant.set(tenant, (waiting = new TenantQueue(tenant, ++turns, this.#pressure)));
    this.#ring.push(waiting);
    return waiting;
  }
}

/** An agent's score with so many free slots; below 0 without any. */
function worth(agent: LiveAgent, free: number, wanted: RequirementClass): number {
  if (free === 0) return -1;
  return score(standingOf(agent, free), wanted);
}
