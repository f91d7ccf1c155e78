import type { Metrics } from '@reeve/platform';

export interface GatewayMetrics {
  /** A request was answered: `served`, or the code of its error. */
  answered(outcome: string, durationMs: number): void;
}

export function createGatewayMetrics(metrics: Metrics): GatewayMetrics {
  const area = 'gateway';
  const requests = metrics.counter({ area, what: 'requests', help: 'Chat requests answered', labels: ['outcome'] });
  const duration = metrics
    .histogram({ area, what: 'request_duration', unit: 'seconds', help: 'From the request to the end of its answer' })
    .child();
  return {
    answered(outcome, durationMs) {
      requests.child(outcome).inc();
      duration.observe(durationMs / 1_000);
    },
  };
}
