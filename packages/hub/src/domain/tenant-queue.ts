import type { Priority } from '../api/task.ts';
import { LaneQueue, type Linked } from './lane-queue.ts';
import type { LiveTask, TenantTasks } from './live.ts';

/** Highest first; a task's `priority` is its index here. */
export const priorities: readonly Priority[] = ['critical', 'high', 'medium', 'low'];

const lowest = priorities.length - 1;

/** What of the load of the hub the order of tasks depends on (see load.ts). */
export interface Pressure {
  readonly lowDeferralMs: number;
}

/**
 * What of one tenant waits in one class: a lane for each priority, first in, first out, which is the order of `dueAtMs`
 * but for tasks that join again, for another attempt. So the next task is among the firsts of the lanes, however many wait.
 * It is looked up once and kept until one of these changes, and so is when it is due: with a million tasks whatever is
 * touched for the first time takes as long as a hundred steps.
 */
export class TenantQueue implements TenantTasks, Linked<TenantQueue> {
  readonly tenant: string;
  turn: number;
  lane: object | undefined;
  previous: TenantQueue | undefined;
  next: TenantQueue | undefined;
  readonly #pressure: Pressure;
  readonly #lanes = priorities.map(() => new LaneQueue<LiveTask>());
  #size = 0;
  #first: LiveTask | undefined;
  #firstDueAtMs = Infinity;
  /** The deferral with which the first was looked up; below 0 when one of the lanes has another first since. */
  #lookedUpWithMs = -1;

  constructor(tenant: string, turn: number, pressure: Pressure) {
    this.tenant = tenant;
    this.turn = turn;
    this.#pressure = pressure;
  }

  get size(): number {
    return this.#size;
  }

  get first(): LiveTask | undefined {
    this.#lookUp();
    return this.#first;
  }

  get firstDueAtMs(): number {
    this.#lookUp();
    return this.#firstDueAtMs;
  }

  /** When the oldest task was submitted; those that wait for another attempt stand where they joined. */
  get oldestSubmittedAtMs(): number {
    return Math.min(...this.#lanes.map(({ first }) => first?.submittedAtMs ?? Infinity));
  }

  push(task: LiveTask): void {
    const lane = this.#lanes[task.priority]!;
    lane.push(task);
    if (lane.first === task) this.#lookedUpWithMs = -1;
    this.#size += 1;
  }

  /** Back to the front: it was taken out but could not be given away. */
  giveBack(task: LiveTask): void {
    this.#lanes[task.priority]!.unshift(task);
    this.#lookedUpWithMs = -1;
    this.#size += 1;
  }

  remove(task: LiveTask): void {
    const lane = this.#lanes[task.priority]!;
    if (lane.first === task) this.#lookedUpWithMs = -1;
    lane.remove(task);
    this.#size -= 1;
  }

  /** How many tasks go before this one. */
  ahead(task: LiveTask): number {
    let count = 0;
    for (const lane of this.#lanes) {
      for (const other of lane) {
        if (other === task || (other.lane !== task.lane && goesBefore(task, other, this.#pressure))) break;
        count += 1;
      }
    }
    return count;
  }

  #lookUp(): void {
    const pressure = this.#pressure;
    const { lowDeferralMs } = pressure;
    if (this.#lookedUpWithMs === lowDeferralMs) return;
    this.#lookedUpWithMs = lowDeferralMs;
    let next: LiveTask | undefined;
    for (const { first } of this.#lanes) if (first && (!next || goesBefore(first, next, pressure))) next = first;
    this.#first = next;
    this.#firstDueAtMs = next ? dueUnder(pressure, next) : Infinity;
  }

  *[Symbol.iterator](): Iterator<LiveTask> {
    for (const lane of this.#lanes) yield* lane;
  }
}

/** Whether `a` goes before `b`, both of one tenant: it is due earlier, or was submitted earlier. */
export function goesBefore(a: LiveTask, b: LiveTask, pressure: Pressure): boolean {
  const [dueA, dueB] = [dueUnder(pressure, a), dueUnder(pressure, b)];
  return dueA === dueB ? a.seq < b.seq : dueA < dueB;
}

function dueUnder({ lowDeferralMs }: Pressure, { dueAtMs, priority }: LiveTask): number {
  return priority === lowest ? dueAtMs + lowDeferralMs : dueAtMs;
}
