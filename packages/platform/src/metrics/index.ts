export { createMetrics, durationBuckets } from './create-metrics.ts';
export type {
  CounterOptions,
  GaugeOptions,
  HistogramOptions,
  Metrics,
  MetricsOptions,
  SampledGaugeOptions,
} from './create-metrics.ts';
export type { Family, FamilyOptions } from './family.ts';
export type { Counter, Gauge, Histogram } from './instruments.ts';
export type { MetricName, MetricUnit } from './naming.ts';
