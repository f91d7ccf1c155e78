import type { Mutant } from './mutant.ts';

const test = 'tests/e2e/alerts/alerts.test.ts';
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
];
