import { createHistogram } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** Often enough to meet every stall of 50 ms, seldom enough to cost nothing. */
const sampleEveryMs = 20;
/** Longer than this is a stall (HB-06). */
const stallMs = 50;
const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/**
 * Measures by how much a timer comes late. Node's own monitor gives no buckets, and counting what exceeds 50 ms needs
 * each single delay. The 99th percentile is that of the time since the last scrape.
 * @returns a function that ends it.
 */
export function observeEventLoop(metrics: Metrics): () => void {
  const delays = metrics
    .histogram({ area: 'process', what: 'event_loop_delay', unit: 'seconds', help: 'Delay of a timer', buckets })
    .child();
  const stalls = metrics
    .counter({ area: 'process', what: 'event_loop_stalls', help: `Delays of more than ${stallMs} ms` })
    .child();
  const recent = createHistogram();
  metrics.sampledGauge({
    area: 'process',
    what: 'event_loop_delay_p99',
    unit: 'seconds',
    help: '99th percentile of the delay since the last scrape',
    read: () => {
      const p99Ns = recent.count === 0 ? 0 : recent.percentile(99);
      recent.reset();
      return p99Ns / 1e9;
    },
  });

  let lastMs = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const delayMs = Math.max(0, nowMs - lastMs - sampleEveryMs);
    lastMs = nowMs;
    delays.observe(delayMs / 1_000);
    recent.record(Math.max(1, Math.round(delayMs * 1e6)));
    if (delayMs > stallMs) stalls.inc();
  }, sampleEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
