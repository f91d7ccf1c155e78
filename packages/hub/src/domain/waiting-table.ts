import { deferred, priorities, type Pressure } from './ageing.ts';
import type { LiveTask, TaskQueue } from './live.ts';
import { TenantNumbers } from './tenant-numbers.ts';
import type { FirstsOfLanes, TenantQueue } from './tenant-queue.ts';
import { none, WaitingRows } from './waiting-rows.ts';

// A row for each tenant in each class that something of it waits in: 64 bytes, all that a choice looks at. Of its first task
// in the lowest lane and of its first in all others it says when they are due, because only the one may be put off.
const classField = 0;
const tenantField = 1;
const turnField = 2;
const nextField = 3;
const dueField = 4;
const lowDueField = 5;
const seqField = 6;
const lowSeqField = 7;
const rowWidth = 8;

// What else is known of a row: the one before it in the ring, and of each lane when its first task is due, and its number.
const previousField = 0;
const laneDueField = 1;
const lanes = priorities.length;
const lowLane = lanes - 1;
const laneSeqField = laneDueField + lanes;
const backWidth = laneSeqField + lanes;

const fewestClasses = 64;

/**
 * What waits, as the choice of a next task looks at it: numbers packed together, of all classes and tenants. With a million
 * tasks in a thousand classes every object that is touched for the first time costs as much as a hundred steps, and a
 * choice looks at each class that an agent qualifies for; of this it touches a line of memory for each.
 *
 * The tenants of a class stand in a ring, the one whose turn came longest ago first.
 */
export class WaitingTable implements FirstsOfLanes {
  readonly pressure: Pressure;
  readonly #rows = new WaitingRows(rowWidth);
  /** By row. */
  #backs = new Float64Array(this.#rows.capacity * backWidth);
  readonly #tenantQueues: (TenantQueue | undefined)[] = [];
  readonly #tenants = new TenantNumbers();
  /** By the number of a class: the ends of its ring. */
  #firstRows = new Int32Array(fewestClasses);
  #lastRows = new Int32Array(fewestClasses);
  readonly #classQueues: (TaskQueue | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** Of turns that tenants had: compared with one another over all classes. */
  #turns = 0;

  constructor(pressure: Pressure) {
    this.pressure = pressure;
  }

  /** @returns the number of the class, its own until it is given back. */
  enterClass(queue: TaskQueue): number {
    const number = this.#freeNumbers.pop() ?? this.#classQueues.length;
    if (number === this.#firstRows.length) {
      this.#firstRows = doubled(this.#firstRows);
      this.#lastRows = doubled(this.#lastRows);
    }
    this.#classQueues[number] = queue;
    this.#firstRows[number] = this.#lastRows[number] = none;
    return number;
  }

  leaveClass(number: number): void {
    this.#classQueues[number] = undefined;
    this.#freeNumbers.push(number);
  }

  queueOf(number: number): TaskQueue {
    return this.#classQueues[number]!;
  }

  /** The row of the tenant whose turn in the class came longest ago; none while nothing waits in it. */
  firstRow(number: number): number {
    return this.#firstRows[number]!;
  }

  /** That of the tenant whose turn came next after its own. */
  nextRow(row: number): number {
    return this.#rows.get(row, nextField);
  }

  rowOf(number: number, tenant: string): number {
    const known = this.#tenants.find(tenant);
    return known === undefined ? none : this.#rows.find(number, known);
  }

  /** The row in a class of the tenant that another row is of. */
  rowOfSame(number: number, row: number): number {
    return this.#rows.find(number, this.#rows.get(row, tenantField));
  }

  tenantOf(row: number): string {
    return this.#tenants.nameOf(this.#rows.get(row, tenantField));
  }

  /** Number of the turn that it had last, or when it began to wait; over all classes, the lowest waits longest. */
  turnOf(row: number): number {
    return this.#rows.get(row, turnField);
  }

  tenantQueueOf(row: number): TenantQueue {
    return this.#tenantQueues[row]!;
  }

  /** The next task of its tenant in its class. */
  taskOf(row: number): LiveTask | undefined {
    return this.#tenantQueues[row]!.firstOf(this.#isLowFirst(row) ? lowLane : this.#firstHighLane(row));
  }

  /** When that is due at this moment. */
  dueOf(row: number): number {
    return Math.min(this.#rows.get(row, dueField), this.#lowDueOf(row));
  }

  /** Its number, which grows with the time at which it was submitted. */
  seqOf(row: number): number {
    return this.#rows.get(row, this.#isLowFirst(row) ? lowSeqField : seqField);
  }

  /** A tenant that has had nothing waiting in the class begins to wait, as if it had just had its turn. */
  join(number: number, tenant: string, queueOn: (row: number) => TenantQueue): TenantQueue {
    const row = this.#rows.add(number, this.#tenants.hold(tenant));
    while (this.#backs.length < this.#rows.capacity * backWidth) this.#backs = doubled(this.#backs);
    for (let lane = 0; lane < lanes; lane++) this.setFirst(row, lane, undefined);
    this.#append(row);
    return (this.#tenantQueues[row] = queueOn(row));
  }

  part(row: number): void {
    this.#unlink(row);
    this.#tenants.letGo(this.#rows.get(row, tenantField));
    this.#rows.remove(row);
    this.#tenantQueues[row] = undefined;
  }

  /** Its tenant has had its turn. */
  pass(row: number): void {
    this.#unlink(row);
    this.#append(row);
  }

  setFirst(row: number, lane: number, task: LiveTask | undefined): void {
    const [due, seq] = task ? [task.dueAtMs, task.seq] : [Infinity, Infinity];
    this.#backs[row * backWidth + laneDueField + lane] = due;
    this.#backs[row * backWidth + laneSeqField + lane] = seq;
    if (lane === lowLane) {
      this.#rows.set(row, lowDueField, due);
      this.#rows.set(row, lowSeqField, seq);
      return;
    }
    const first = this.#firstHighLane(row);
    this.#rows.set(row, dueField, this.#laneDue(row, first));
    this.#rows.set(row, seqField, this.#laneSeq(row, first));
  }

  #lowDueOf(row: number): number {
    return deferred(this.#rows.get(row, lowDueField), lowLane, this.pressure);
  }

  #isLowFirst(row: number): boolean {
    const [due, lowDue] = [this.#rows.get(row, dueField), this.#lowDueOf(row)];
    if (due !== lowDue) return lowDue < due;
    return this.#rows.get(row, lowSeqField) < this.#rows.get(row, seqField);
  }

  /** Of the lanes above the lowest. */
  #firstHighLane(row: number): number {
    let first = 0;
    for (let lane = 1; lane < lowLane; lane++) if (this.#isLaneBefore(row, lane, first)) first = lane;
    return first;
  }

  #isLaneBefore(row: number, a: number, b: number): boolean {
    const [dueA, dueB] = [this.#laneDue(row, a), this.#laneDue(row, b)];
    return dueA === dueB ? this.#laneSeq(row, a) < this.#laneSeq(row, b) : dueA < dueB;
  }

  #laneDue(row: number, lane: number): number {
    return this.#backs[row * backWidth + laneDueField + lane]!;
  }

  #laneSeq(row: number, lane: number): number {
    return this.#backs[row * backWidth + laneSeqField + lane]!;
  }

  #append(row: number): void {
    const number = this.#rows.get(row, classField);
    const last = this.#lastRows[number]!;
    this.#rows.set(row, turnField, ++this.#turns);
    this.#rows.set(row, nextField, none);
    this.#backs[row * backWidth + previousField] = last;
    if (last === none) this.#firstRows[number] = row;
    else this.#rows.set(last, nextField, row);
    this.#lastRows[number] = row;
  }

  #unlink(row: number): void {
    const number = this.#rows.get(row, classField);
    const [previous, next] = [this.#backs[row * backWidth + previousField]!, this.nextRow(row)];
    if (previous === none) this.#firstRows[number] = next;
    else this.#rows.set(previous, nextField, next);
    if (next === none) this.#lastRows[number] = previous;
    else this.#backs[next * backWidth + previousField] = previous;
  }
}

function doubled<Numbers extends Int32Array | Float64Array>(numbers: Numbers): Numbers {
  const twice = new (numbers.constructor as new (length: number) => Numbers)(numbers.length * 2);
  twice.set(numbers);
  return twice;
}
