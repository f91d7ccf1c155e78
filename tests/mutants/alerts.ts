import type { Mutant } from './mutant.ts';

const test = 'tests/e2e/alerts/alerts.test.ts';
const dashboards = 'tests/e2e/alerts/dashboards.test.ts';
const hub = { file: 'packages/hub/src/alerts.ts', test };

/** Alert rules: each threshold and each time that decides. */
export const mutants: readonly Mutant[] = [
  { ...hub, name: 'alert-on-cpu-too-late', guarantee: 'HB-16 cpu', find: 'cpus > 0.8', replace: 'cpus > 0.95' },
  {
    ...hub,
    name: 'alert-on-memory-too-late',
    guarantee: 'HB-16 memory',
    find: 'bytes > 0.85',
    replace: 'bytes > 0.95',
  },
  {
    ...hub,
    name: 'alert-on-failures-over-a-name-that-is-not-there',
    guarantee: 'HB-16 failures',
    find: 'rate(reeve_hub_attempts_failed_total[5m])',
    replace: 'rate(reeve_hub_failed_attempts_total[5m])',
    testName: 'exported by a running system',
  },
  {
    ...hub,
    name: 'alert-on-backlog-at-once',
    guarantee: 'HB-16 backlog',
    find: 'forMs: 10 * minute',
    replace: 'forMs: 0',
  },
  {
    name: 'alert-on-refusals',
    guarantee: 'FD-09 alerts',
    file: 'packages/platform/src/alerts/platform-alerts.ts',
    find: 'status=~"5.."',
    replace: 'status=~"[45].."',
    test,
    testName: 'nothing but refusals',
  },
  {
    name: 'dashboard-of-a-metric-that-nobody-exports',
    guarantee: 'FD-09 operations-dashboard',
    file: 'packages/platform/src/dashboards/platform-panels.ts',
    find: "expression: 'reeve_http_open_connections'",
    replace: "expression: 'reeve_http_connections_open'",
    test: dashboards,
    testName: 'exported by a hub that has worked',
  },
  {
    name: 'dashboard-by-a-label-that-is-not-there',
    guarantee: 'FD-09 business-dashboard',
    file: 'packages/market/src/dashboards.ts',
    find: 'topk(10, sum by (model)',
    replace: 'topk(10, sum by (name)',
    test: dashboards,
    testName: 'exported by a hub that has worked',
  },
  {
    name: 'connections-counted-and-never-less',
    guarantee: 'FD-09 connections',
    file: 'packages/platform/src/http/metrics.ts',
    find: "socket.once('close', () => open.add(-1));",
    replace: '',
    test: dashboards,
    testName: 'tells what is connected',
  },
  {
    name: 'waiting-tasks-counted-under-one-priority',
    guarantee: 'FD-09 queue',
    file: 'packages/hub/src/services/task-board.ts',
    find: `    task.queue.push(task);
    this.#waiting[task.priority]! += 1;`,
    replace: `    task.queue.push(task);
    this.#waiting[0]! += 1;`,
    test: dashboards,
    testName: 'what waits by priority',
  },
];
