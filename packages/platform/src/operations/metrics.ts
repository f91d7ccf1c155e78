import type { Counter, Family, Histogram, Metrics } from '../metrics/index.ts';

/** Combinations of operation and outcome kept apart: a few hundred operations with about ten outcomes each. */
const outcomesAtMost = 4_000;

/** What the road counts. */
export interface RoadMetrics {
  /** Figures of one operation, with its labels resolved once. */
  forOperation(name: string): OperationMetrics;
  refusedUnauthenticated(): void;
  rateLimited(by: 'identity' | 'address'): void;
  /** A refusal that was only counted instead of having an audit record of its own. */
  auditOmitted(count: number): void;
}

export interface OperationMetrics {
  /** `outcome` is `done`, `replayed`, `planned` or the code of the error: a bounded set. */
  ended(outcome: string, durationMs: number): void;
}

export function createRoadMetrics(metrics: Metrics): RoadMetrics {
  const operations = metrics.counter({
    area: 'operations',
    what: 'ended',
    help: 'Operations by name and outcome: done, replayed, planned, or an error code',
    labels: ['operation', 'outcome'],
    maxChildren: outcomesAtMost,
  });
  const durations = metrics.histogram({
    area: 'operations',
    what: 'duration',
    unit: 'seconds',
    help: 'Duration of operations, from the request being read to its answer being ready',
    labels: ['operation'],
  });
  const counted = (what: string, help: string) => metrics.counter({ area: 'requests', what, help }).child();
  const unauthenticated = counted('unauthenticated', 'Requests refused for want of a valid credential');
  const omitted = counted('refusals_unrecorded', 'Refusals counted in a summary instead of audited one by one');
  const limited = metrics.counter({
    area: 'requests',
    what: 'rate_limited',
    help: 'Requests refused by a rate limit, of an identity or of an address',
    labels: ['by'],
  });
  return {
    forOperation: (operation) => operationMetrics(operation, operations, durations.child(operation)),
    refusedUnauthenticated: () => unauthenticated.inc(),
    rateLimited: (by) => limited.child(by).inc(),
    auditOmitted: (count) => omitted.inc(count),
  };
}

function operationMetrics(operation: string, operations: Family<Counter>, duration: Histogram): OperationMetrics {
  const byOutcome = new Map<string, Counter>();
  return {
    ended(outcome, durationMs) {
      let count = byOutcome.get(outcome);
      if (!count) byOutcome.set(outcome, (count = operations.child(operation, outcome)));
      count.inc();
      duration.observe(durationMs / 1_000);
    },
  };
}
