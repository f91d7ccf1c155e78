export { createMetrics } from './create-metrics.ts';
export type { Metrics } from './metrics.ts';
export type { Family } from './family.ts';
export type { Counter, Histogram } from './instruments.ts';
