/** Series of metrics as promtool reads them, a sample every 30 seconds: for each alert one in which it fires, and some in which it must not. */
export interface Scenario {
  readonly alert: string;
  readonly fires: boolean;
  readonly what: string;
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly at: string;
}

const cpus = { reeve_process_available_cpus: '4x60' };
const limit = { reeve_process_memory_limit_bytes: '1000x60' };
const requests = (status: number) => `reeve_http_requests_total{method="GET",route="/v1/tasks",status="${status}"}`;
const bucket = (route: string, le: string) =>
  `reeve_http_request_duration_seconds_bucket{method="GET",route="${route}",le="${le}"}`;
/** Each half minute 300 requests, so many of them within each bound. */
const durations = (route: string, within: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(within).map(([le, count]) => [bucket(route, le), `0+${count}x60`]));

function scenarios(
  alert: string,
  fires: boolean,
  list: Record<string, readonly [Scenario['series'], string]>,
): Scenario[] {
  return Object.entries(list).map(([what, [series, at]]) => ({ alert, fires, what, series, at }));
}

export const SCENARIOS: readonly Scenario[] = [
  // 4 processors: 120 seconds of processor time in every 30 are all of it.
  ...scenarios('HubCpuHigh', true, { '90 % for 10 min': [{ process_cpu_seconds_total: '0+108x60', ...cpus }, '10m'] }),
  ...scenarios('HubCpuHigh', false, {
    '70 % for 10 min': [{ process_cpu_seconds_total: '0+84x60', ...cpus }, '10m'],
    '90 % for 4 min': [{ process_cpu_seconds_total: '0+108x60', ...cpus }, '4m'],
  }),
  ...scenarios('HubMemoryHigh', true, {
    '86 % for 4 min': [{ process_resident_memory_bytes: '860x60', ...limit }, '4m'],
  }),
  ...scenarios('HubMemoryHigh', false, {
    '84 % for 10 min': [{ process_resident_memory_bytes: '840x60', ...limit }, '10m'],
    '86 % for 2 min': [{ process_resident_memory_bytes: '860x60', ...limit }, '2m'],
  }),
  ...scenarios('AgentFailureRateHigh', true, {
    '6 of 100': [
      {
        'reeve_hub_attempts_failed_total{code="x"}': '0+6x60',
        'reeve_hub_tasks_ended_total{state="succeeded"}': '0+94x60',
      },
      '6m',
    ],
    'all of them': [{ 'reeve_hub_attempts_failed_total{code="x"}': '0+6x60' }, '6m'],
  }),
  ...scenarios('AgentFailureRateHigh', false, {
    '4 of 100': [
      {
        'reeve_hub_attempts_failed_total{code="x"}': '0+4x60',
        'reeve_hub_tasks_ended_total{state="succeeded"}': '0+96x60',
      },
      '6m',
    ],
    'no attempt at all': [{ 'reeve_hub_attempts_failed_total{code="x"}': '7x60' }, '10m'],
  }),
  ...scenarios('BacklogHigh', true, { '1,001 for 11 min': [{ reeve_hub_waiting_tasks: '1001x60' }, '11m'] }),
  ...scenarios('BacklogHigh', false, {
    '1,000 for 20 min': [{ reeve_hub_waiting_tasks: '1000x60' }, '20m'],
    '5,000 for 9 min': [{ reeve_hub_waiting_tasks: '5000x60' }, '9m'],
  }),
  ...scenarios('BudgetUsedUp', true, {
    'one of them': [{ 'reeve_budgets_reached_windows{percent="100"}': '0x4 1x60' }, '5m'],
  }),
  ...scenarios('BudgetUsedUp', false, {
    'four fifths of one': [
      { 'reeve_budgets_reached_windows{percent="100"}': '0x60', 'reeve_budgets_reached_windows{percent="80"}': '1x60' },
      '5m',
    ],
  }),
  ...scenarios('BudgetNearlyUsed', true, {
    'four fifths of one': [{ 'reeve_budgets_reached_windows{percent="80"}': '1x60' }, '5m'],
  }),
  ...scenarios('BudgetNearlyUsed', false, {
    'half of three': [
      { 'reeve_budgets_reached_windows{percent="80"}': '0x60', 'reeve_budgets_reached_windows{percent="50"}': '3x60' },
      '5m',
    ],
  }),
  ...scenarios('HttpErrorRateCritical', true, {
    '6 %': [{ [requests(200)]: '0+94x60', [requests(503)]: '0+6x60' }, '8m'],
  }),
  ...scenarios('HttpErrorRateCritical', false, {
    '4 %': [{ [requests(200)]: '0+96x60', [requests(500)]: '0+4x60' }, '8m'],
    'nothing but refusals': [{ [requests(404)]: '0+100x60' }, '8m'],
  }),
  ...scenarios('HttpErrorRateHigh', true, { '2 %': [{ [requests(200)]: '0+98x60', [requests(500)]: '0+2x60' }, '8m'] }),
  ...scenarios('HttpErrorRateHigh', false, {
    'half a percent': [{ [requests(200)]: '0+199x60', [requests(500)]: '0+1x60' }, '8m'],
    'no requests': [{ [requests(500)]: '3x60' }, '8m'],
  }),
  ...scenarios('HttpLatencyCritical', true, {
    'one in ten takes over a second': [durations('/v1/tasks', { '1': 270, '2.5': 300, '+Inf': 300 }), '9m'],
  }),
  ...scenarios('HttpLatencyCritical', false, {
    'one in a hundred does': [durations('/v1/tasks', { '0.5': 290, '1': 297, '2.5': 300, '+Inf': 300 }), '9m'],
    'requests that wait for work do': [
      {
        ...durations('/v1/leases', { '1': 0, '30': 300, '+Inf': 300 }),
        ...durations('/v1/tasks/{id}', { '1': 0, '30': 300, '+Inf': 300 }),
      },
      '9m',
    ],
  }),
  ...scenarios('HttpLatencyHigh', true, {
    'one in ten takes over half a second': [durations('/v1/tasks', { '0.5': 270, '1': 300, '+Inf': 300 }), '9m'],
  }),
  ...scenarios('HttpLatencyHigh', false, {
    'one in a hundred does': [durations('/v1/tasks', { '0.25': 297, '0.5': 297, '1': 300, '+Inf': 300 }), '9m'],
  }),
  ...scenarios('DeploymentCompleted', true, {
    'another version for a minute': [
      {
        'reeve_process_build_info{version="1.0.0"}': '1x40 _x20',
        'reeve_process_build_info{version="1.1.0"}': '_x41 1x20',
      },
      '22m',
    ],
  }),
  ...scenarios('DeploymentCompleted', false, {
    'the same version all the time': [{ 'reeve_process_build_info{version="1.0.0"}': '1x60' }, '22m'],
  }),
  ...scenarios('EventLoopBlocked', true, {
    '80 ms for 3 min': [{ reeve_process_event_loop_delay_p99_seconds: '0.08x60' }, '3m'],
  }),
  ...scenarios('EventLoopBlocked', false, {
    '40 ms for 10 min': [{ reeve_process_event_loop_delay_p99_seconds: '0.04x60' }, '10m'],
    '80 ms once': [{ reeve_process_event_loop_delay_p99_seconds: '0.01x9 0.08 0.01x50' }, '5m'],
  }),
];
