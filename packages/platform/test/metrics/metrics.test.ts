import { expect, onTestFinished, test } from 'vitest';
import { createMetrics, type Metrics } from '../../src/metrics/index.ts';

function ownMetrics(): Metrics {
  return createMetrics({ defaultMetrics: false });
}

/** Value of the line that begins with this name and labels. */
async function valueOf(metrics: Metrics, line: string): Promise<number | undefined> {
  const found = (await metrics.render()).split('\n').find((text) => text.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

test('a counter is named by area and what it counts, ends in _total, and only grows', async () => {
  const metrics = ownMetrics();
  const refused = metrics.counter({ area: 'hub', what: 'leases_refused', help: 'Leases refused', labels: ['reason'] });
  const late = refused.child('late');
  late.inc();
  late.inc(2);
  late.inc(-5);
  refused.child('unknown').inc();
  expect(await valueOf(metrics, 'reeve_hub_leases_refused_total{reason="late"}')).toBe(3);
  expect(await valueOf(metrics, 'reeve_hub_leases_refused_total{reason="unknown"}')).toBe(1);
  expect(await metrics.render()).toContain(
    '# HELP reeve_hub_leases_refused_total Leases refused\n# TYPE reeve_hub_leases_refused_total counter\n',
  );
});

test('a counter without labels is there from the start, with 0', async () => {
  const metrics = ownMetrics();
  metrics.counter({ area: 'hub', what: 'leases_lost', help: 'x' });
  expect(await valueOf(metrics, 'reeve_hub_leases_lost_total')).toBe(0);
});

test('gauges are set, or read when somebody scrapes', async () => {
  const metrics = ownMetrics();
  const open = metrics.gauge({ area: 'http', what: 'open', unit: 'connections', help: 'x' }).child();
  open.add(3);
  open.add(-1);
  let queued = 7;
  metrics.sampledGauge({ area: 'hub', what: 'queued', unit: 'tasks', help: 'x', read: () => queued });
  expect(await valueOf(metrics, 'reeve_http_open_connections')).toBe(2);
  queued = 9;
  expect(await valueOf(metrics, 'reeve_hub_queued_tasks')).toBe(9);
});

test('a histogram counts cumulatively, with inclusive bounds', async () => {
  const metrics = ownMetrics();
  const wait = metrics.histogram({
    area: 'hub',
    what: 'queue_wait',
    unit: 'seconds',
    help: 'x',
    buckets: [0.1, 1],
    labels: ['priority'],
  });
  const high = wait.child('high');
  for (const value of [0.05, 0.1, 0.5, 1, 7]) high.observe(value);
  const name = 'reeve_hub_queue_wait_seconds';
  expect(await valueOf(metrics, `${name}_bucket{priority="high",le="0.1"}`)).toBe(2);
  expect(await valueOf(metrics, `${name}_bucket{priority="high",le="1"}`)).toBe(4);
  expect(await valueOf(metrics, `${name}_bucket{priority="high",le="+Inf"}`)).toBe(5);
  expect(await valueOf(metrics, `${name}_count{priority="high"}`)).toBe(5);
  expect(await valueOf(metrics, `${name}_sum{priority="high"}`)).toBeCloseTo(8.65);
});

test('names that break the rule, taken names, wrong labels and unsorted buckets are refused', () => {
  const metrics = ownMetrics();
  const help = 'x';
  expect(() => metrics.counter({ area: 'Hub', what: 'x', help })).toThrow('snake_case');
  expect(() => metrics.gauge({ area: 'hub', what: 'wait', unit: 'ms', help })).toThrow('base unit');
  expect(() => metrics.histogram({ area: 'hub', what: 'wait_ms', unit: 'seconds', help })).toThrow('base unit');
  expect(() => metrics.histogram({ area: 'a', what: 'b', unit: 'bytes', help, buckets: [2, 1] })).toThrow('ascending');
  const family = metrics.counter({ area: 'hub', what: 'done', help, labels: ['outcome'] });
  expect(() => metrics.counter({ area: 'hub', what: 'done', help })).toThrow('defined twice');
  expect(() => family.child('a', 'b')).toThrow('takes 1 label values (outcome), not 2');
});

test('label values from outside cannot fill the memory: beyond the bound they are counted as other', async () => {
  const metrics = ownMetrics();
  const seen = metrics.counter({ area: 'http', what: 'seen', help: 'x', labels: ['agent'], maxChildren: 10 });
  for (let client = 0; client < 1_000; client++) seen.child(`agent-${client}`).inc();
  const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('reeve_http_seen_total'));
  expect(lines).toHaveLength(11);
  expect(await valueOf(metrics, 'reeve_http_seen_total{agent="other"}')).toBe(990);
  expect(await valueOf(metrics, 'reeve_metrics_label_overflows_total{metric="reeve_http_seen_total"}')).toBe(990);
});

test('label values are escaped', async () => {
  const metrics = ownMetrics();
  metrics
    .counter({ area: 'a', what: 'b', help: 'x', labels: ['c'] })
    .child('q"\\\n')
    .inc();
  expect(await metrics.render()).toContain('reeve_a_b_total{c="q\\"\\\\\\n"} 1');
});

test('[FD-09 resources] [HB-06 event-loop] the process shows CPU, memory, and by how much its event loop is late', async () => {
  const metrics = createMetrics({ defaultMetrics: true });
  onTestFinished(() => metrics.stop());
  await new Promise((resolve) => setTimeout(resolve, 60));
  // Blocks the loop, and uses a processor for it: the very things that have to be seen.
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 150_000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await valueOf(metrics, 'process_cpu_seconds_total')).toBeGreaterThan(0.1);
  expect(await valueOf(metrics, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000);
  expect(await valueOf(metrics, 'reeve_process_event_loop_stalls_total')).toBeGreaterThanOrEqual(1);
  const above = 'reeve_process_event_loop_delay_seconds_bucket{le=';
  const stalled = (await valueOf(metrics, `${above}"+Inf"}`))! - (await valueOf(metrics, `${above}"0.05"}`))!;
  expect(stalled).toBeGreaterThanOrEqual(1);
});

test('the 99th percentile of the delay is that since the last scrape', async () => {
  const metrics = createMetrics({ defaultMetrics: true });
  onTestFinished(() => metrics.stop());
  await new Promise((resolve) => setTimeout(resolve, 40));
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs);
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(await valueOf(metrics, 'reeve_process_event_loop_delay_p99_seconds')).toBeGreaterThan(0.1);
  expect(await valueOf(metrics, 'reeve_process_event_loop_delay_p99_seconds')).toBeLessThan(0.1);
});

test('two sets of metrics in one process do not touch', async () => {
  const [one, two] = [ownMetrics(), ownMetrics()];
  const options = { area: 'hub', what: 'x', help: 'x' };
  one.counter(options).child().inc();
  two.counter(options);
  expect(await valueOf(two, 'reeve_hub_x_total')).toBe(0);
});
