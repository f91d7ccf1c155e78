import type { Mutant } from './mutant.ts';

const services = 'packages/hub/src/services';
const server = 'packages/server/src';
const trace = 'tests/faults/sync-trace.test.ts';
const restart = 'tests/faults/restart.test.ts';
const stop = 'tests/e2e/lifecycle-stop.test.ts';
const children = 'tests/e2e/lifecycle-children.test.ts';

/** Guarantees that only show when real processes are killed, stopped, frozen, or watched from outside. */
export const mutants: readonly Mutant[] = [
  {
    name: 'task-answered-before-it-is-on-disk',
    guarantee: 'HB-08 sync-trace',
    file: `${services}/task-operations.ts`,
    find: 'await call.commit({ statements, events }, fresh',
    replace: 'void call.commit({ statements, events }, fresh',
    test: trace,
    testName: 'before it is answered with 201',
  },
  {
    name: 'result-accepted-before-it-is-on-disk',
    guarantee: 'HB-08 sync-trace',
    file: `${services}/settlement.ts`,
    find: '    const unit = {\n      statements: [settling.statement,',
    replace:
      '    lease.agent.link?.accepted(task.id, lease.fence);\n    const unit = {\n      statements: [settling.statement,',
    test: trace,
    testName: 'told that it is accepted',
  },
  {
    name: 'hub-runs-without-syncing',
    guarantee: 'HB-08 sync-off',
    file: 'packages/platform/src/database/sqlite/worker/connection.ts',
    find: "'OFF' : 'FULL'",
    replace: "'FULL' : 'OFF'",
    test: trace,
    testName: 'before it is answered with 201',
  },
  {
    name: 'start-of-the-hub-not-counted',
    guarantee: 'HB-08 fence',
    file: 'packages/hub/src/store/epoch.ts',
    find: "set('hub_state.value', '+', 1)",
    replace: "set('hub_state.value', '+', 0)",
    test: restart,
    testName: 'fences go on growing',
  },
  {
    name: 'leases-forgotten-by-a-restart',
    guarantee: 'HB-08 fence',
    file: `${services}/recovery.ts`,
    find: "if (row.state === 'leased' && agent)",
    replace: "if (row.state === 'scheduled' && agent)",
    test: restart,
    testName: 'goes on, and its result counts',
  },
  {
    name: 'result-dropped-while-storage-fails',
    guarantee: 'HB-08 exactly-once',
    file: `${services}/settlement.ts`,
    find: "if (stopping.aborted) return 'abandoned';",
    replace: "if (!stopping.aborted) return 'abandoned';",
    test: 'tests/faults/storage.test.ts',
    testName: 'locked by another process',
  },
  {
    name: 'standstill-of-the-hub-taken-for-silence',
    guarantee: 'HB-08 heartbeat',
    file: `${services}/lease-keeper.ts`,
    find: 'if (stillMs < tickMs)',
    replace: 'if (stillMs < Infinity)',
    test: 'tests/faults/agents.test.ts',
    testName: 'a hub that stood still',
  },
  {
    name: 'permanent-failure-tried-again',
    guarantee: 'HB-09 retries',
    file: 'packages/kernel/src/retry.ts',
    find: "if (!retryable) return { retry: false, reason: 'permanent' };",
    replace: '',
    test: 'tests/simulation/simulation.test.ts',
    testName: 'seed 74',
  },
  {
    name: 'requests-under-way-cut-by-a-stop',
    guarantee: 'FD-08 sigterm',
    file: 'packages/platform/src/http/drain.ts',
    find: 'await underWay.none(http.drainMs);',
    replace: 'underWay.count === 0;',
    test: stop,
    testName: 'lets streams end whole',
  },
  {
    name: 'work-handed-out-while-stopping',
    guarantee: 'FD-08 sigterm',
    file: `${services}/dispatcher.ts`,
    find: 'filter(({ follower }) => !follower)',
    replace: 'filter(({ lease }) => lease)',
    test: stop,
    testName: 'lets streams end whole',
  },
  {
    name: 'long-stream-cut-without-a-word',
    guarantee: 'FD-08 sigterm',
    file: `${services}/attached-tasks.ts`,
    find: "for (const { reject } of this.#waiting) reject(ShuttingDown.error('the hub stops', { retryAfterMs: 1_000 }));",
    replace: '',
    test: stop,
    testName: 'a stream longer than the grace',
  },
  {
    name: 'agent-drops-its-work-on-sigterm',
    guarantee: 'FD-08 sigterm',
    file: `${server}/connect.ts`,
    find: 'drain: !orphaned.aborted',
    replace: 'drain: orphaned.aborted',
    test: children,
    testName: 'an agent finishes what it has',
  },
  {
    name: 'removal-looked-at-in-memory-alone',
    guarantee: 'HB-01 remove',
    file: `${services}/agent-operations.ts`,
    find: 'const ok = evidence.recordedAsRemoved && !evidence.inRoster;',
    replace: 'const ok = !evidence.inRoster;',
    test: 'packages/hub/test/agents/agents.test.ts',
    testName: 'does not last in the record',
  },
  {
    name: 'demo-node-outlives-its-hub',
    guarantee: 'FD-08',
    file: `${server}/demo-node.ts`,
    find: 'endWithInput: true',
    replace: 'endWithInput: false',
    test: children,
    testName: 'does not outlive',
  },
];
