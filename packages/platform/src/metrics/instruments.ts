/**
 * The instruments themselves: plain numbers in memory, read when somebody scrapes. The children of prom-client hash
 * their labels on every call, also when bound; measured on one core of a shared machine, per call: counter 0.10 µs
 * there and 0.004 µs here, histogram of 17 buckets 0.23 µs and 0.010 µs.
 */
export class Counter {
  value = 0;

  /** @param by not negative: a counter only grows, and a fall would read as a restart. */
  inc(by = 1): void {
    if (by >= 0) this.value += by;
  }
}

export class Gauge {
  value = 0;

  set(value: number): void {
    this.value = value;
  }
  add(by: number): void {
    this.value += by;
  }
}

/** Counts observations in buckets with inclusive upper bounds, as Prometheus does. */
export class Histogram {
  readonly upperBounds: readonly number[];
  /** Not cumulative; the last one is for what lies above every bound. */
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  constructor(upperBounds: readonly number[]) {
    this.upperBounds = upperBounds;
    this.counts = new Float64Array(upperBounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.upperBounds;
    let index = 0;
    while (index < bounds.length && value > bounds[index]!) index++;
    this.counts[index]! += 1;
    this.sum += value;
    this.count += 1;
  }
}
