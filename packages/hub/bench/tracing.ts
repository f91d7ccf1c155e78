/**
 * What tracing costs a task, off and on: `node --conditions=reeve-source --expose-gc --max-semi-space-size=512 packages/hub/bench/tracing.ts`.
 * Off, each of the places on the way of a task is a look at a field; the bytes show that nothing is made for it.
 */
import { systemClock } from '@reeve/kernel';
import { createLogger, createMetrics, openTracing } from '@reeve/platform';
import type { Lease, LiveTask } from '../src/domain/live.ts';
import { TaskTrace } from '../src/domain/task-trace.ts';

const rounds = 9;
const quiet = createLogger({ level: 'error' });
const settings = {
  endpoint: 'http://127.0.0.1:9/v1/traces',
  sampleRatio: 1,
  exportTimeoutMs: 1_000,
  queueSpans: 8_192,
};
const about = { version: 'bench', environment: 'test' };
const tracing = (await openTracing({
  settings,
  metrics: createMetrics({ defaultMetrics: false }),
  log: quiet,
  about,
}))!;

/** As the services do it with a task that is leased and succeeds. @returns something that is used */
function pass(lease: Lease, task: LiveTask): number {
  task.trace?.leased(lease.agent.id, task.attempt, lease.fence);
  const frame = task.trace === undefined ? '' : `,"traceparent":"${task.trace.span.traceparent}"`;
  const span = task.trace?.span;
  task.trace?.attemptEnded(undefined);
  task.trace?.ended('succeeded', undefined);
  return frame.length + (span === undefined ? 0 : 1);
}

function leaseOf(trace: TaskTrace | undefined): Lease {
  const task = { id: '0198c0de-0000-7000-8000-000000000001', kind: 'task', attempt: 1, trace } as LiveTask;
  return { fence: 1, agent: { id: '0198c0de-0000-7000-8000-00000000a9e7' }, task } as Lease;
}

interface Figures {
  readonly ns: number;
  readonly bytes: number;
}

/** Runs the way over leases that were made before, so that what is counted is what the way itself makes. */
function measure(tasks: number, trace: () => TaskTrace | undefined, way: typeof pass): Figures {
  const leases = Array.from({ length: tasks }, () => leaseOf(trace()));
  globalThis.gc!();
  const before = process.memoryUsage().heapUsed;
  const startedMs = systemClock.monotonicMs();
  let kept = 0;
  for (let at = 0; at < tasks; at++) kept += way(leases[at]!, leases[at]!.task);
  const durationMs = systemClock.monotonicMs() - startedMs;
  const bytes = process.memoryUsage().heapUsed - before;
  if (kept < 0) throw new Error('unreachable: it keeps the loop from being left out');
  return { ns: (durationMs * 1e6) / tasks, bytes: bytes / tasks };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

const request = tracing.begin('bench', {}, undefined)!;
const newTrace = (): TaskTrace => new TaskTrace(request, { id: 'x', kind: 'task' });
const ways = {
  'floor: a loop over the tasks': () =>
    measure(
      1_000_000,
      () => undefined,
      (lease) => lease.fence,
    ),
  off: () => measure(1_000_000, () => undefined, pass),
  on: () => measure(20_000, newTrace, pass),
};
for (const [name, way] of Object.entries(ways)) {
  way();
  const figures = Array.from({ length: rounds }, way);
  const ns = median(figures.map((each) => each.ns));
  const bytes = median(figures.map((each) => each.bytes));
  process.stdout.write(`${name.padEnd(28)} ${ns.toFixed(1)} ns and ${bytes.toFixed(1)} bytes a task\n`);
}
await tracing.close();
