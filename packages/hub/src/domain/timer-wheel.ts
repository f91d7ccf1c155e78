/**
 * Many deadlines for the price of one timer: items wait in buckets of `tickMs`; adding and cancelling take constant
 * time, whatever waits. An item is due within one tick after its time, never before it.
 */
export class TimerWheel<Item extends object> {
  readonly #tickMs: number;
  readonly #buckets = new Map<number, Set<Item>>();
  readonly #bucketOf = new Map<Item, number>();
  /** Buckets whose tick had passed already when they were made. */
  readonly #overdue = new Set<number>();
  #lastTick: number;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#lastTick = Math.floor(nowMs / tickMs);
  }

  get size(): number {
    return this.#bucketOf.size;
  }

  has(item: Item): boolean {
    return this.#bucketOf.has(item);
  }

  /** Adds an item, or moves it when it waits already. */
  add(item: Item, dueMs: number): void {
    this.cancel(item);
    const tick = Math.ceil(dueMs / this.#tickMs);
    if (tick <= this.#lastTick) this.#overdue.add(tick);
    let bucket = this.#buckets.get(tick);
    if (!bucket) this.#buckets.set(tick, (bucket = new Set()));
    bucket.add(item);
    this.#bucketOf.set(item, tick);
  }

  cancel(item: Item): void {
    const tick = this.#bucketOf.get(item);
    if (tick === undefined) return;
    this.#bucketOf.delete(item);
    const bucket = this.#buckets.get(tick)!;
    bucket.delete(item);
    if (bucket.size === 0) this.#buckets.delete(tick);
  }

  /** Takes out and returns what is due. A clock that stepped back finds nothing due; one that leapt finds it all. */
  due(nowMs: number): Item[] {
    const now = Math.floor(nowMs / this.#tickMs);
    const items: Item[] = [];
    for (const tick of this.#overdue) if (tick <= now) this.#take(tick, items);
    if (now - this.#lastTick > this.#buckets.size) {
      for (const tick of [...this.#buckets.keys()].sort((a, b) => a - b)) if (tick <= now) this.#take(tick, items);
    } else {
      for (let tick = this.#lastTick + 1; tick <= now; tick++) this.#take(tick, items);
    }
    this.#lastTick = now;
    return items;
  }

  #take(tick: number, into: Item[]): void {
    const bucket = this.#buckets.get(tick);
    this.#overdue.delete(tick);
    if (!bucket) return;
    this.#buckets.delete(tick);
    for (const item of bucket) {
      this.#bucketOf.delete(item);
      into.push(item);
    }
  }
}
