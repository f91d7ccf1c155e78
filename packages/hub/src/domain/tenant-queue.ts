import { goesBefore, priorities, type Pressure } from './ageing.ts';
import { LaneQueue } from './lane-queue.ts';
import type { LiveTask } from './live.ts';

/** Who has to know which tasks are the first of their lanes. */
export interface FirstsOfLanes {
  /** It is another than before, or there is none any more. */
  setFirst(row: number, lane: number, task: LiveTask | undefined): void;
}

/**
 * What of one tenant waits in one class: a lane for each priority, first in, first out, which is the order of `dueAtMs`
 * but for tasks that join again, for another attempt. So the next task is among the firsts of the lanes, however many
 * wait, and of these the table of all that waits (waiting-table.ts) knows when they are due.
 */
export class TenantQueue implements Iterable<LiveTask> {
  readonly #firsts: FirstsOfLanes;
  readonly #row: number;
  readonly #lanes = priorities.map(() => new LaneQueue<LiveTask>());

  constructor(firsts: FirstsOfLanes, row: number) {
    this.#firsts = firsts;
    this.#row = row;
  }

  get isEmpty(): boolean {
    return this.#lanes.every(({ size }) => size === 0);
  }

  firstOf(lane: number): LiveTask | undefined {
    return this.#lanes[lane]!.first;
  }

  /** When the oldest task was submitted; those that wait for another attempt stand where they joined. */
  get oldestSubmittedAtMs(): number {
    return Math.min(...this.#lanes.map(({ first }) => first?.submittedAtMs ?? Infinity));
  }

  push(task: LiveTask): void {
    const lane = this.#lanes[task.priority]!;
    lane.push(task);
    if (lane.first === task) this.#firsts.setFirst(this.#row, task.priority, task);
  }

  /** Back to the front: it was taken out but could not be given away. */
  giveBack(task: LiveTask): void {
    this.#lanes[task.priority]!.unshift(task);
    this.#firsts.setFirst(this.#row, task.priority, task);
  }

  remove(task: LiveTask): void {
    const lane = this.#lanes[task.priority]!;
    const wasFirst = lane.first === task;
    lane.remove(task);
    if (wasFirst) this.#firsts.setFirst(this.#row, task.priority, lane.first);
  }

  /** How many tasks go before this one. */
  ahead(task: LiveTask, pressure: Pressure): number {
    let count = 0;
    for (const lane of this.#lanes) {
      for (const other of lane) {
        if (other === task || (other.lane !== task.lane && goesBefore(task, other, pressure))) break;
        count += 1;
      }
    }
    return count;
  }

  *[Symbol.iterator](): Iterator<LiveTask> {
    for (const lane of this.#lanes) yield* lane;
  }
}
