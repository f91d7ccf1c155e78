/** So many of the newest values are known; of 256 the 95th percentile is off by a few at most. */
const remembered = 256;

/** Values that may come before what is known is sorted again: a sort takes some 10 µs. */
const sortedEvery = 16;

/** Quantiles of the newest values of something that is measured. */
export class RecentQuantile {
  readonly #values = new Float64Array(remembered);
  #count = 0;
  #sorted = new Float64Array(0);
  #sortedAt = 0;

  /** Values that came so far. */
  get count(): number {
    return this.#count;
  }

  add(value: number): void {
    this.#values[this.#count % remembered] = value;
    this.#count += 1;
  }

  /** The value that a share of the newest are not above, by nearest rank; undefined before there is any. */
  at(share: number): number | undefined {
    if (this.#sortedAt === 0 || this.#count - this.#sortedAt >= sortedEvery) {
      this.#sorted = this.#values.slice(0, this.#count).sort();
      this.#sortedAt = this.#count;
    }
    return this.#sorted[Math.max(0, Math.ceil(share * this.#sorted.length) - 1)];
  }
}
