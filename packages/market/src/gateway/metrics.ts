import type { Metrics } from '@reeve/platform';

/** Figures of the requests that came as far as a task; what is refused before is counted by the HTTP kit. */
export interface GatewayMetrics {
  /** The first chunk of a stream was passed on. */
  firstChunk(delayMs: number): void;
  /** A stream whose node was lost goes on at another: `replay` or `regenerate`. */
  resumed(model: string, manner: string): void;
  /** A request to a model that there is was answered: `served`, or the code of its error. */
  answered(model: string, outcome: string, durationMs: number): void;
}

export function createGatewayMetrics(metrics: Metrics): GatewayMetrics {
  const area = 'gateway';
  const requests = metrics.counter({
    area,
    what: 'requests',
    help: 'Requests to models answered',
    labels: ['model', 'outcome'],
  });
  const resumed = metrics.counter({
    area,
    what: 'resumed',
    help: 'Streams that went on at another node after theirs was lost',
    labels: ['model', 'manner'],
  });
  const duration = metrics
    .histogram({ area, what: 'request_duration', unit: 'seconds', help: 'From the request to the end of its answer' })
    .child();
  const firstChunk = metrics
    .histogram({
      area,
      what: 'first_chunk',
      unit: 'seconds',
      help: 'From the request to the first chunk of its stream',
    })
    .child();
  return {
    firstChunk: (delayMs) => firstChunk.observe(delayMs / 1_000),
    resumed: (model, manner) => resumed.child(model, manner).inc(),
    answered(model, outcome, durationMs) {
      requests.child(model, outcome).inc();
      duration.observe(durationMs / 1_000);
    },
  };
}
