import type { Family, FamilyOptions } from './family.ts';
import type { Counter, Gauge, Histogram } from './instruments.ts';
import type { MetricName, MetricUnit } from './naming.ts';

interface CounterOptions extends MetricName, FamilyOptions {}
interface GaugeOptions extends MetricName, FamilyOptions {
  readonly unit: MetricUnit;
}
interface SampledGaugeOptions extends MetricName {
  readonly unit: MetricUnit;
  readonly help: string;
  /** Read at each scrape; it must be cheap. */
  readonly read: () => number;
}
interface SampledGaugesOptions extends MetricName {
  readonly unit: MetricUnit;
  readonly help: string;
  readonly label: string;
  /** One value for each label value, of which there must be few; read at each scrape. */
  readonly read: () => Readonly<Record<string, number>>;
}
interface HistogramOptions extends MetricName, FamilyOptions {
  readonly unit: MetricUnit;
  /** Inclusive upper bounds, ascending; `durationBuckets` when not given. */
  readonly buckets?: readonly number[];
}

/** The metrics of a process. Each name can be taken once. */
export interface Metrics {
  /** Named `reeve_<area>_<what>_total`. */
  counter(options: CounterOptions): Family<Counter>;
  /** Named `reeve_<area>_<what>_<unit>`. */
  gauge(options: GaugeOptions): Family<Gauge>;
  /** A gauge without labels that is read when somebody scrapes. */
  sampledGauge(options: SampledGaugeOptions): void;
  /** The same for gauges that differ in one label. */
  sampledGauges(options: SampledGaugesOptions): void;
  histogram(options: HistogramOptions): Family<Histogram>;
  /** The text of `GET /metrics`. */
  render(): Promise<string>;
  readonly contentType: string;
  /** Ends the timers behind the process's own metrics. */
  stop(): void;
}
