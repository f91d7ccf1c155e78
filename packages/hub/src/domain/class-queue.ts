import type { Priority } from '../api/task.ts';
import { LaneQueue } from './lane-queue.ts';
import type { LiveAgent, LiveTask, TaskQueue } from './live.ts';
import type { RequirementClass } from './requirement-class.ts';

/** Highest first: lanes are tried in this order, and a task's `priority` is its index here. */
export const priorities: readonly Priority[] = ['critical', 'high', 'medium', 'low'];

/** The tasks of one requirement class that wait for an agent: a lane for each priority, oldest first in each. */
export class ClassQueue implements TaskQueue {
  readonly wanted: RequirementClass;
  readonly qualified = new Set<LiveAgent>();
  readonly #lanes = priorities.map(() => new LaneQueue<LiveTask>());
  #size = 0;

  constructor(wanted: RequirementClass) {
    this.wanted = wanted;
  }

  get size(): number {
    return this.#size;
  }

  push(task: LiveTask): void {
    this.#lanes[task.priority]!.push(task);
    this.#size += 1;
  }

  /** Back to the front: it was taken out but could not be given away. */
  giveBack(task: LiveTask): void {
    this.#lanes[task.priority]!.unshift(task);
    this.#size += 1;
  }

  /** The task that is next: oldest of the highest priority. */
  get first(): LiveTask | undefined {
    for (const lane of this.#lanes) if (lane.first) return lane.first;
    return undefined;
  }

  /** When the oldest task that waits was submitted: lanes are in order of age, so their firsts are enough. */
  get oldestSubmittedAtMs(): number | undefined {
    let oldest: number | undefined;
    for (const { first } of this.#lanes) {
      if (first && (oldest === undefined || first.submittedAtMs < oldest)) oldest = first.submittedAtMs;
    }
    return oldest;
  }

  remove(task: LiveTask): void {
    this.#lanes[task.priority]!.remove(task);
    this.#size -= 1;
  }

  /** How many tasks go before this one. */
  ahead(task: LiveTask): number {
    let count = 0;
    for (const lane of this.#lanes.slice(0, task.priority)) count += lane.size;
    for (const other of this.#lanes[task.priority]!) {
      if (other === task) return count;
      count += 1;
    }
    return count;
  }

  *[Symbol.iterator](): Iterator<LiveTask> {
    for (const lane of this.#lanes) yield* lane;
  }
}

/** Whether `a` goes before `b`: by priority, then by age. */
export function goesBefore(a: LiveTask, b: LiveTask): boolean {
  return a.priority === b.priority ? a.seq < b.seq : a.priority < b.priority;
}
