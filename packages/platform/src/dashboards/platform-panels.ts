import type { Panel, PanelRow } from './dashboard.ts';

export interface PlatformPanelSettings {
  /** Paths whose answers wait by design: their duration is no latency. */
  readonly waitingRoutes: readonly string[];
}

/** What any process that serves HTTP from a database is looked at for (FD-09). */
export function platformPanels({ waitingRoutes }: PlatformPanelSettings): readonly PanelRow[] {
  return [
    { title: 'Requests', panels: [rate, errors, latency(waitingRoutes)] },
    { title: 'Connections', panels: [connections, reading, refusals] },
    { title: 'Resources', panels: [cpu, memory, eventLoop] },
    { title: 'Database', panels: [commitQueue, commitDuration] },
  ];
}

const rate: Panel = {
  title: 'Requests by status',
  description: 'What is asked of the hub, and how it answers.',
  unit: 'reqps',
  queries: [{ expression: 'sum by (status) (rate(reeve_http_requests_total[5m]))', legend: '{{status}}' }],
};

const errors: Panel = {
  title: 'Requests that fail',
  description: 'Share of requests that the server could not answer. Alerts: 1 % warning, 5 % critical.',
  unit: 'percentunit',
  queries: [
    {
      expression:
        'sum(rate(reeve_http_requests_total{status=~"5.."}[5m])) / (sum(rate(reeve_http_requests_total[5m])) > 0)',
      legend: 'failed',
    },
  ],
};

function latency(waitingRoutes: readonly string[]): Panel {
  const waiting = waitingRoutes.map((route) => route.replaceAll(/[{}]/g, '.')).join('|');
  const durations = `sum by (le) (rate(reeve_http_request_duration_seconds_bucket{route!~"${waiting}"}[5m]))`;
  return {
    title: 'Duration of requests',
    description: 'Without routes whose answers wait by design. Alerts on P95: 0.5 s warning, 1 s critical.',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((quantile) => ({
      expression: `histogram_quantile(${quantile}, ${durations})`,
      legend: `P${quantile * 100}`,
    })),
  };
}

const connections: Panel = {
  title: 'Connections and requests under way',
  description: 'Connections open, those of agents and readers of events among them.',
  unit: 'short',
  queries: [
    { expression: 'reeve_http_open_connections', legend: 'connections' },
    { expression: 'reeve_http_active_requests', legend: 'requests under way' },
  ],
};

const reading: Panel = {
  title: 'Connections that read the database',
  description: 'Reads that wait for a connection mean that the pool is too small or the server too slow.',
  unit: 'short',
  queries: [
    { expression: 'reeve_database_reading_connections', legend: '{{state}}' },
    { expression: 'reeve_database_waiting_reads', legend: 'reads waiting' },
  ],
};

const refusals: Panel = {
  title: 'Refused before a route',
  description: 'Connections and requests that were refused early, without a credential, or by a rate limit.',
  unit: 'reqps',
  queries: [
    { expression: 'sum by (reason) (rate(reeve_http_refused_early_total[5m]))', legend: '{{reason}}' },
    { expression: 'rate(reeve_requests_unauthenticated_total[5m])', legend: 'no credential' },
    { expression: 'sum by (by) (rate(reeve_requests_rate_limited_total[5m]))', legend: 'rate limit: {{by}}' },
  ],
};

const cpu: Panel = {
  title: 'Processors in use',
  description: 'Share of the processors that the process may use. Alert: 80 % for five minutes.',
  unit: 'percentunit',
  queries: [{ expression: 'rate(process_cpu_seconds_total[5m]) / reeve_process_available_cpus', legend: 'in use' }],
};

const memory: Panel = {
  title: 'Memory',
  description: 'What the process holds, and what it may hold. Alert: 85 % of that.',
  unit: 'bytes',
  queries: [
    { expression: 'process_resident_memory_bytes', legend: 'resident' },
    { expression: 'reeve_process_memory_limit_bytes', legend: 'limit' },
  ],
};

const eventLoop: Panel = {
  title: 'Delay of the event loop',
  description: 'By how much a timer comes late. Alert: 50 ms.',
  unit: 's',
  queries: [{ expression: 'reeve_process_event_loop_delay_p99_seconds', legend: 'P99' }],
};

const commitQueue: Panel = {
  title: 'Units waiting for their commit',
  description: 'Grows when the disk or the server does not follow.',
  unit: 'short',
  queries: [{ expression: 'reeve_database_queued_units', legend: 'waiting' }],
};

const commitDuration: Panel = {
  title: 'Last group commit',
  description: 'Much more than usual means a slow disk or a slow server.',
  unit: 's',
  queries: [{ expression: 'reeve_database_last_commit_seconds', legend: 'duration' }],
};
