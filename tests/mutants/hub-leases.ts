import type { Mutant } from './mutant.ts';

const source = 'packages/hub/src';
const services = `${source}/services`;
const test = 'packages/hub/test';
const ending = `${test}/tasks/ending.test.ts`;
const leases = `${test}/leases/leases.test.ts`;
const acknowledgement = `${test}/settlement/acknowledgement.test.ts`;
const fence = `${test}/store/fence.test.ts`;

/** Leases, fences, and what must not be lost or done twice. */
export const mutants: readonly Mutant[] = [
  {
    name: 'fences-of-two-starts-overlap',
    guarantee: 'LD-03 lease',
    file: `${services}/fences.ts`,
    find: '2 ** 32;',
    replace: '2 ** 4;',
    test: `${test}/domain/fences.test.ts`,
  },
  {
    name: 'older-lease-written-over-a-newer-one',
    guarantee: 'LD-03 lease',
    file: `${source}/store/lease-task.ts`,
    find: "where('fence', '<', p.fence)",
    replace: "where('fence', '>', 0)",
    test: fence,
    testName: 'a lease under an older fence',
  },
  {
    name: 'chunk-that-came-twice-passed-on-twice',
    guarantee: 'LD-03 stream',
    file: `${source}/domain/incoming-stream.ts`,
    find: 'known === 0 ? data : data.slice(known)',
    replace: 'data',
    test: `${test}/domain/incoming-stream.test.ts`,
  },
  {
    name: 'gap-in-a-stream-passed-over',
    guarantee: 'LD-03 stream',
    file: `${source}/domain/incoming-stream.ts`,
    find: 'if (index > this.#next) return',
    replace: 'if (index > this.#next + 1) return',
    test: `${test}/domain/incoming-stream.test.ts`,
    testName: 'a gap is a fault',
  },
  {
    name: 'success-recorded-under-an-old-fence',
    guarantee: 'LD-03 result',
    file: `${source}/store/finish-task.ts`,
    find: "error: null, finished_at_ms: p.finished_at_ms })\n      .where('seq', '=', p.seq)\n      .where('fence', '=', p.fence)",
    replace: "error: null, finished_at_ms: p.finished_at_ms })\n      .where('seq', '=', p.seq)",
    test: fence,
    testName: 'under the newest fence only',
  },
  {
    name: 'late-result-told-as-accepted',
    guarantee: 'LD-03 result',
    file: `${services}/attempt-reports.ts`,
    find: 'row?.fence === fence && row.agent_id === agent.id',
    replace: "row !== undefined && row.state !== 'leased'",
    test: leases,
    testName: 'and comes back too late',
  },
  {
    name: 'result-of-another-agent-told-as-accepted',
    guarantee: 'HB-08 fence',
    file: `${services}/attempt-reports.ts`,
    find: 'row?.fence === fence && row.agent_id === agent.id',
    replace: "row?.fence === fence && (row.agent_id === agent.id || row.state !== 'leased')",
    test: acknowledgement,
    testName: 'what somebody else delivered',
  },
  {
    name: 'due-before-its-time',
    guarantee: 'HB-08 expiry',
    file: `${source}/domain/timer-wheel.ts`,
    find: 'Math.ceil(dueMs / this.#tickMs)',
    replace: 'Math.floor(dueMs / this.#tickMs)',
    test: `${test}/domain/timer-wheel.test.ts`,
  },
  {
    name: 'lease-taken-away-too-early',
    guarantee: 'HB-08 expiry',
    file: `${services}/lease-keeper.ts`,
    find: 'monotonicMs - agent.heardAtMs < this.#leaseTtlMs',
    replace: 'monotonicMs - agent.heardAtMs < this.#leaseTtlMs / 2',
    test: leases,
    testName: 'loses its lease when the time-to-live is over and not before',
  },
  {
    name: 'time-outs-follow-the-wall-clock',
    guarantee: 'HB-08 expiry',
    file: `${services}/lease-keeper.ts`,
    find: 'this.#timeouts.due(monotonicMs)',
    replace: 'this.#timeouts.due(nowMs)',
    test: ending,
    testName: 'do not follow the wall clock',
  },
  {
    name: 'task-answered-before-it-is-kept',
    guarantee: 'HB-08 at-least-once',
    file: `${services}/task-operations.ts`,
    find: 'await call.commit({ statements, events }, fresh as',
    replace: 'void call.commit({ statements, events }, fresh as',
    test: acknowledgement,
    testName: 'only once it is durable',
  },
  {
    name: 'task-in-two-lanes-at-once',
    guarantee: 'HB-08 exactly-once',
    file: `${source}/domain/lane-queue.ts`,
    find: "if (entry.lane) throw new Error('the entry waits in a lane already');",
    replace: '',
    test: `${test}/domain/lane-queue.test.ts`,
  },
  {
    name: 'ended-task-ends-again',
    guarantee: 'HB-08 exactly-once',
    file: `${source}/store/finish-task.ts`,
    find: "    .where('live', '=', 1),",
    replace: ',',
    test: fence,
    testName: 'ends no second time',
  },
  {
    name: 'waiting-tasks-forgotten-by-a-restart',
    guarantee: 'HB-08 survives-kill',
    file: `${services}/recovery.ts`,
    find: 'else this.#place(task, row.run_at_ms);',
    replace: '',
    test: 'tests/faults/restart.test.ts',
    testName: 'what waited waits again',
  },
];
