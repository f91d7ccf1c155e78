import { LazyRanking } from './lazy-ranking.ts';
import { freeSlots, standingOf, type LiveAgent, type LiveTask, type TaskQueue } from './live.ts';
import { highestScore, score } from './match.ts';
import type { RequirementClass } from './requirement-class.ts';
import { TenantQueue } from './tenant-queue.ts';
import { none } from './waiting-rows.ts';
import type { WaitingTable } from './waiting-table.ts';

/**
 * The tasks of one requirement class that wait for an agent: the tenants take turns, each has lanes of its own. Which is
 * next stands in the table of all that waits.
 */
export class ClassQueue implements TaskQueue {
  readonly wanted: RequirementClass;
  readonly number: number;
  readonly qualified: LazyRanking<LiveAgent>;
  readonly unlisted = new Set<LiveAgent>();
  readonly #table: WaitingTable;
  #size = 0;

  constructor(wanted: RequirementClass, table: WaitingTable) {
    this.wanted = wanted;
    this.#table = table;
    this.number = table.enterClass(this);
    this.qualified = new LazyRanking<LiveAgent>(
      (agent) => worth(agent, freeSlots(agent), wanted),
      (agent) => agent.lowered.add(this),
    );
  }

  get size(): number {
    return this.#size;
  }

  get first(): LiveTask | undefined {
    const row = this.#table.firstRow(this.number);
    return row === none ? undefined : this.#table.taskOf(row);
  }

  /** When the oldest task that waits was submitted; infinitely late without any. */
  get oldestSubmittedAtMs(): number {
    let oldestMs = Infinity;
    for (const waiting of this.#tenants()) oldestMs = Math.min(oldestMs, waiting.oldestSubmittedAtMs);
    return oldestMs;
  }

  qualify(agent: LiveAgent): void {
    this.qualified.add(agent, highestScore(agent.matchable, this.wanted));
    agent.qualifies.add(this);
    if (this.#size > 0) agent.agenda.push(this.number);
    else this.unlisted.add(agent);
  }

  disqualify(agent: LiveAgent): void {
    this.qualified.remove(agent);
    agent.qualifies.delete(this);
    // In an agenda it is only where it is not unlisted; mostly nothing has to be looked through.
    const listed = this.unlisted.delete(agent) ? -1 : agent.agenda.indexOf(this.number);
    if (listed >= 0) agent.agenda.splice(listed, 1);
    agent.lowered.delete(this);
  }

  /** Nothing waits in it, nobody qualifies, and nothing will be put into it any more. */
  leave(): void {
    this.#table.leaveClass(this.number);
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
    this.#removed(task);
  }

  take(task: LiveTask): void {
    const row = this.#removed(task);
    if (row !== none) this.#table.pass(row);
  }

  /** How many tasks of its own tenant go before this one; other tenants take turns with it. */
  ahead(task: LiveTask): number {
    const row = this.#table.rowOf(this.number, task.tenant);
    return this.#table.tenantQueueOf(row).ahead(task, this.#table.pressure);
  }

  *[Symbol.iterator](): Iterator<LiveTask> {
    for (const waiting of this.#tenants()) yield* waiting;
  }

  *#tenants(): Generator<TenantQueue> {
    const table = this.#table;
    for (let row = table.firstRow(this.number); row !== none; row = table.nextRow(row)) yield table.tenantQueueOf(row);
  }

  /** @returns the row of its tenant, none when nothing of it waits any more. */
  #removed(task: LiveTask): number {
    const table = this.#table;
    const row = table.rowOf(this.number, task.tenant);
    const waiting = table.tenantQueueOf(row);
    waiting.remove(task);
    this.#size -= 1;
    if (!waiting.isEmpty) return row;
    table.part(row);
    return none;
  }

  #joined(tenant: string): TenantQueue {
    const table = this.#table;
    const row = table.rowOf(this.number, tenant);
    if (row !== none) return table.tenantQueueOf(row);
    return table.join(this.number, tenant, (joined) => new TenantQueue(table, joined));
  }
}

/** An agent's score with so many free slots; below 0 without any. */
function worth(agent: LiveAgent, free: number, wanted: RequirementClass): number {
  if (free === 0) return -1;
  return score(standingOf(agent, free), wanted);
}
