import type { Mutant } from './mutant.ts';

const source = 'packages/hub/src';
const services = `${source}/services`;
const test = 'packages/hub/test';
const ending = `${test}/tasks/ending.test.ts`;
const retries = `${test}/tasks/retries.test.ts`;
const acknowledgement = `${test}/settlement/acknowledgement.test.ts`;

/** How tasks end: cancelled, failed, timed out, dead and replayed. */
export const mutants: readonly Mutant[] = [
  {
    name: 'same-key-stands-for-another-task',
    guarantee: 'HB-09 idempotency',
    file: `${services}/submissions.ts`,
    find: 'if (existing.bodyHash === bodyHash) return existing.id;',
    replace: 'if (existing.bodyHash !== undefined) return existing.id;',
    test: `${test}/tasks/idempotency.test.ts`,
    testName: 'by field is refused with 409',
  },
  {
    name: 'cancellation-told-before-it-is-kept',
    guarantee: 'HB-09 cancel',
    file: `${services}/settlement.ts`,
    find: '    this.#parts.board.dequeue(task);\n',
    replace:
      "    this.#parts.board.dequeue(task);\n    task.lease?.agent.link?.cancel(task.id, task.lease.fence, 'soon');\n",
    test: acknowledgement,
    testName: 'told to nobody before the cancellation is durable',
  },
  {
    name: 'cancelled-task-keeps-its-slot',
    guarantee: 'HB-09 cancel',
    file: `${services}/settlement.ts`,
    find: '    if (lease) {\n      this.#drop(lease);',
    replace: '    if (lease) {\n      this.#parts.keeper.forgetLease(lease);',
    test: ending,
    testName: 'frees the slot at once',
  },
  {
    name: 'dead-letter-as-large-as-it-likes',
    guarantee: 'HB-09 dead-letters',
    file: `${services}/attempt-reports.ts`,
    find: 'this.#parts.settlement.fail(lease, bounded(error));',
    replace: 'this.#parts.settlement.fail(lease, error);',
    test: retries,
    testName: 'its details are kept',
  },
  {
    name: 'replay-without-new-attempts',
    guarantee: 'HB-09 replay',
    file: `${services}/task-operations.ts`,
    find: 'const max_attempts = row.attempt + attempts;',
    replace: 'const max_attempts = attempts;',
    test: retries,
    testName: 'are listed, shown with input and error, and replayed',
  },
  {
    name: 'replayed-while-it-is-alive',
    guarantee: 'HB-09 replay',
    file: `${services}/task-operations.ts`,
    find: "if (row.state !== 'dead') throw TaskNotDead.error(`task ${id} is ${row.state}`);",
    replace: "if (row.state !== 'dead') return summaryOf(row);",
    test: retries,
    testName: 'is for dead tasks only',
  },
  {
    name: 'delay-does-not-grow',
    guarantee: 'HB-09 backoff',
    file: 'packages/kernel/src/retry.ts',
    find: 'policy.factor ** (attempt - 1)',
    replace: 'policy.factor ** 0',
    test: retries,
    testName: 'waits longer each time',
  },
  {
    name: 'delay-without-a-cap',
    guarantee: 'HB-09 backoff',
    file: 'packages/kernel/src/retry.ts',
    find: 'Math.min(grown, policy.maxDelayMs)',
    replace: 'grown',
    test: 'packages/kernel/test/retry.test.ts',
  },
  {
    name: 'pause-between-attempts-skipped',
    guarantee: 'HB-09 backoff',
    file: `${services}/lease-keeper.ts`,
    find: 'this.#clock.monotonicMs() + delayMs',
    replace: 'this.#clock.monotonicMs()',
    test: retries,
    testName: 'waits longer each time',
  },
  {
    name: 'jitter-adds-to-the-delay',
    guarantee: 'HB-09 jitter',
    file: 'packages/kernel/src/retry.ts',
    find: '1 - policy.jitter * random',
    replace: '1 + policy.jitter * random',
    test: 'packages/kernel/test/retry.test.ts',
  },
  {
    name: 'everybody-waits-equally-long',
    guarantee: 'HB-09 jitter',
    file: 'packages/kernel/src/retry.ts',
    find: '1 - policy.jitter * random',
    replace: '1',
    test: retries,
    testName: 'takes off up to the share that is random',
  },
  {
    name: 'time-out-is-a-success',
    guarantee: 'HB-09 time-out',
    file: `${source}/services/times-up.ts`,
    find: 'parts().settlement.giveUp(lease, attemptError(AttemptTimedOut, message));',
    replace: 'parts().settlement.succeed(lease, JSON.stringify(message));',
    test: acknowledgement,
    testName: 'died of its time-out',
  },
  {
    name: 'success-after-the-time-out-accepted',
    guarantee: 'HB-09 time-out',
    file: `${services}/attempt-reports.ts`,
    find: 'own && row.state === delivered',
    replace: "own && row.state !== 'leased'",
    test: acknowledgement,
    testName: 'died of its time-out',
  },
];
