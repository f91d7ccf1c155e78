import type { AlertRule } from './alert-rule.ts';

const minute = 60_000;
const owner = 'operations';

export interface PlatformAlertSettings {
  /** Paths whose answers wait by design (for work, for events, for a model): their duration is no latency. */
  readonly waitingRoutes: readonly string[];
}

/** What is watched of any process that serves HTTP (FD-09), and of its event loop (HB-06). */
export function platformAlerts({ waitingRoutes }: PlatformAlertSettings): readonly AlertRule[] {
  return [...errorRates(), ...latencies(waitingRoutes), deployment, eventLoop];
}

/** Share of requests that the server could not answer, over five minutes; none without requests. */
const errorRate =
  'sum(rate(reeve_http_requests_total{status=~"5.."}[5m])) / (sum(rate(reeve_http_requests_total[5m])) > 0)';

function errorRates(): AlertRule[] {
  const common = {
    forMs: minute,
    action: 'Find the errors by code in the log and see which dependency they name.',
    owner,
    runbook: 'docs/runbooks/http-errors.md',
  };
  return [
    {
      ...common,
      name: 'HttpErrorRateCritical',
      summary: 'More than 5 % of requests fail',
      condition: `${errorRate} > 0.05`,
      severity: 'critical',
    },
    {
      ...common,
      name: 'HttpErrorRateHigh',
      summary: 'More than 1 % of requests fail',
      condition: `${errorRate} > 0.01`,
      severity: 'warning',
    },
  ];
}

function latencies(waitingRoutes: readonly string[]): AlertRule[] {
  const waiting = waitingRoutes.map((route) => route.replaceAll(/[{}]/g, '.')).join('|');
  const durations = `sum by (le) (rate(reeve_http_request_duration_seconds_bucket{route!~"${waiting}"}[5m]))`;
  const common = {
    forMs: 2 * minute,
    action: 'See which routes are slow, and whether the database, the event loop or the load is the reason.',
    owner,
    runbook: 'docs/runbooks/latency.md',
  };
  return [
    {
      ...common,
      name: 'HttpLatencyCritical',
      summary: 'One request in twenty takes longer than a second',
      condition: `histogram_quantile(0.95, ${durations}) > 1`,
      severity: 'critical',
    },
    {
      ...common,
      name: 'HttpLatencyHigh',
      summary: 'One request in twenty takes longer than half a second',
      condition: `histogram_quantile(0.95, ${durations}) > 0.5`,
      severity: 'warning',
    },
  ];
}

const deployment: AlertRule = {
  name: 'DeploymentCompleted',
  summary: 'A version runs that did not run ten minutes ago',
  condition:
    'count by (version) (reeve_process_build_info) unless count by (version) (reeve_process_build_info offset 10m)',
  forMs: 0,
  severity: 'info',
  action: 'Watch error rate and latency until the version is ten minutes old.',
  owner,
  runbook: 'docs/runbooks/deployment.md',
};

const eventLoop: AlertRule = {
  name: 'EventLoopBlocked',
  summary: 'Something holds the event loop for more than 50 ms',
  condition: 'reeve_process_event_loop_delay_p99_seconds > 0.05',
  forMs: 2 * minute,
  severity: 'warning',
  action: 'Find out whether the machine is short of processors, or what computes on the main thread.',
  owner,
  runbook: 'docs/runbooks/event-loop.md',
};
