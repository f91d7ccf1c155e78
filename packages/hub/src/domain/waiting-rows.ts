/** In place of a row: there is none. */
export const none = -1;

const fewestRows = 64;
/** Slots for each row: at most half of them are taken. */
const slotsPerRow = 2;

/**
 * Rows of numbers, found by a pair of small whole numbers: one array of numbers and one hash table (open addressing, linear
 * probing), so that a look touches a line of memory or two, and not one for each object on the way. The first two fields
 * of a row are its pair. A number of a row is used again after the row was removed.
 */
export class WaitingRows {
  readonly #width: number;
  #fields: Float64Array;
  /** A row + 1 for each slot; 0 where it is free. */
  #slots = new Int32Array(fewestRows * slotsPerRow);
  #used = 0;
  readonly #free: number[] = [];

  /** @param width fields of a row, the pair included. */
  constructor(width: number) {
    this.#width = width;
    this.#fields = new Float64Array(fewestRows * width);
  }

  /** Rows that there are. */
  get count(): number {
    return this.#used - this.#free.length;
  }

  /** Above the number of every row. */
  get capacity(): number {
    return this.#fields.length / this.#width;
  }

  get(row: number, field: number): number {
    return this.#fields[row * this.#width + field]!;
  }

  set(row: number, field: number, value: number): void {
    this.#fields[row * this.#width + field] = value;
  }

  find(a: number, b: number): number {
    for (let slot = this.#home(a, b); ; slot = this.#after(slot)) {
      const row = this.#slots[slot]! - 1;
      if (row === none || this.#has(row, a, b)) return row;
    }
  }

  /** A new row for a pair that has none; its other fields are as whoever had it before left them. */
  add(a: number, b: number): number {
    const row = this.#free.pop() ?? this.#used++;
    if (row * this.#width === this.#fields.length) this.#grow();
    this.set(row, 0, a);
    this.set(row, 1, b);
    this.#enter(row);
    return row;
  }

  remove(row: number): void {
    this.#leave(row);
    this.#free.push(row);
  }

  #has(row: number, a: number, b: number): boolean {
    return this.get(row, 0) === a && this.get(row, 1) === b;
  }

  #enter(row: number): void {
    let slot = this.#homeOf(row);
    while (this.#slots[slot] !== 0) slot = this.#after(slot);
    this.#slots[slot] = row + 1;
  }

  /** Whatever was pushed on by the row moves up, so that no look ends before it. */
  #leave(row: number): void {
    let gap = this.#homeOf(row);
    while (this.#slots[gap] !== row + 1) gap = this.#after(gap);
    for (let slot = this.#after(gap); this.#slots[slot] !== 0; slot = this.#after(slot)) {
      const home = this.#homeOf(this.#slots[slot]! - 1);
      if (this.#distance(home, slot) < this.#distance(gap, slot)) continue;
      this.#slots[gap] = this.#slots[slot]!;
      gap = slot;
    }
    this.#slots[gap] = 0;
  }

  #grow(): void {
    const fields = new Float64Array(this.#fields.length * 2);
    fields.set(this.#fields);
    this.#fields = fields;
    const rows = this.#slots.filter((slot) => slot !== 0);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (const row of rows) this.#enter(row - 1);
  }

  #homeOf(row: number): number {
    return this.#home(this.get(row, 0), this.get(row, 1));
  }

  /** Fibonacci hashing of each number, the high bits mixed into the low ones. */
  #home(a: number, b: number): number {
    const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77);
    return (mixed ^ (mixed >>> 15)) & (this.#slots.length - 1);
  }

  #after(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }

  #distance(from: number, to: number): number {
    return (to - from) & (this.#slots.length - 1);
  }
}
