import { collectDefaultMetrics, Registry, type Metric } from 'prom-client';
import { Children, type Family, type FamilyOptions, type RenderedMetric, type Sample } from './family.ts';
import { Counter, Gauge, Histogram } from './instruments.ts';
import { observeEventLoop } from './event-loop.ts';
import { observeMachine } from './machine.ts';
import type { Metrics } from './metrics.ts';
import { metricName } from './naming.ts';

/** Seconds, from a fast look-up to a slow inference. */
const durationBuckets: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

interface MetricsOptions {
  /** Whether to measure the process itself too: CPU, memory, garbage collection, delay of the event loop. */
  readonly defaultMetrics: boolean;
}

export function createMetrics({ defaultMetrics }: MetricsOptions): Metrics {
  const registry = new Registry();

  function register(metric: Omit<RenderedMetric, 'aggregator' | 'values'>, values: () => readonly Sample[]): void {
    if (registry.getSingleMetric(metric.name)) throw new Error(`metric ${metric.name} is defined twice`);
    const rendered = { ...metric, aggregator: 'sum' as const };
    // The registry only ever calls `get` of a metric and reads these four fields.
    const readable = { ...rendered, get: async (): Promise<RenderedMetric> => ({ ...rendered, values: values() }) };
    registry.registerMetric(readable as unknown as Metric);
  }

  const overflowed = new Children(
    'reeve_metrics_label_overflows_total',
    { help: '', labels: ['metric'] },
    () => new Counter(),
    () => undefined,
  );
  register(
    {
      name: 'reeve_metrics_label_overflows_total',
      help: 'Label values beyond the bound of a metric, counted under "other"',
      type: 'counter',
    },
    () => overflowed.samples((child, labels) => plain('reeve_metrics_label_overflows_total', child, labels)),
  );

  function family<Child>(
    name: string,
    type: RenderedMetric['type'],
    options: FamilyOptions,
    create: () => Child,
    sample: (name: string, child: Child, labels: Record<string, string>) => readonly Sample[],
  ): Family<Child> {
    const children = new Children(name, options, create, () => overflowed.get([name]).inc());
    register({ name, help: options.help, type }, () =>
      children.samples((child, labels) => sample(name, child, labels)),
    );
    return { name, child: (...values) => children.get(values) };
  }

  const metrics: Metrics = {
    counter: (options) => family(metricName(options, 'total'), 'counter', options, () => new Counter(), plain),
    gauge: (options) => family(metricName(options, options.unit), 'gauge', options, () => new Gauge(), plain),
    sampledGauge(options) {
      const name = metricName(options, options.unit);
      register({ name, help: options.help, type: 'gauge' }, () => [
        { metricName: name, labels: {}, value: options.read() },
      ]);
    },
    sampledGauges({ label, read, ...options }) {
      const name = metricName(options, options.unit);
      register({ name, help: options.help, type: 'gauge' }, () =>
        Object.entries(read()).map(([value, number]) => ({
          metricName: name,
          labels: { [label]: value },
          value: number,
        })),
      );
    },
    histogram(options) {
      const bounds = ascending(options.buckets ?? durationBuckets);
      return family(metricName(options, options.unit), 'histogram', options, () => new Histogram(bounds), cumulative);
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
    stop: () => stopObserving?.(),
  };
  if (defaultMetrics) collectDefaultMetrics({ register: registry });
  if (defaultMetrics) observeMachine(metrics);
  const stopObserving = defaultMetrics ? observeEventLoop(metrics) : undefined;
  return metrics;
}

function plain(name: string, child: { readonly value: number }, labels: Record<string, string>): Sample[] {
  return [{ metricName: name, labels, value: child.value }];
}

function cumulative(name: string, child: Histogram, labels: Record<string, string>): Sample[] {
  let below = 0;
  const buckets = child.upperBounds.map((bound, index) => {
    below += child.counts[index]!;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bound }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: child.count },
    { metricName: `${name}_sum`, labels, value: child.sum },
    { metricName: `${name}_count`, labels, value: child.count },
  ];
}

function ascending(bounds: readonly number[]): readonly number[] {
  if (bounds.length === 0 || bounds.some((bound, index) => index > 0 && bound <= bounds[index - 1]!))
    throw new Error('the buckets of a histogram must be ascending');
  return bounds;
}
