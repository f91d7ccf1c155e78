import type { Mutant } from './mutant.ts';

const tracing = 'packages/platform/src/tracing';
const unit = 'packages/platform/test/tracing/tracing.test.ts';
const whole = 'tests/e2e/tracing.test.ts';

/** Traces: whose they are, who gets them, and what they may cost. */
export const mutants: readonly Mutant[] = [
  {
    name: 'trace-of-the-caller-not-taken-up',
    guarantee: 'FD-09',
    file: `${tracing}/create-tracing.ts`,
    find: 'return parent === null ? ROOT_CONTEXT',
    replace: 'return parent !== null ? ROOT_CONTEXT',
    test: unit,
    testName: 'those whose caller traces them',
  },
  {
    name: 'spans-wait-without-bound',
    guarantee: 'FD-09',
    file: `${tracing}/span-queue.ts`,
    find: 'this.#waiting.length >= this.#parts.limitSpans',
    replace: 'this.#waiting.length >= Infinity',
    test: unit,
    testName: 'the queue is bounded',
  },
  {
    name: 'dropped-batch-not-counted',
    guarantee: 'FD-09',
    file: `${tracing}/span-queue.ts`,
    find: "    count('dropped_failed', spans);",
    replace: '',
    test: unit,
    testName: 'the queue is bounded',
  },
  {
    name: 'last-spans-lost-at-the-end',
    guarantee: 'FD-09',
    file: `${tracing}/span-queue.ts`,
    find: 'while (this.#waiting.length > 0) {',
    replace: 'while (this.#waiting.length > 1e9) {',
    test: unit,
    testName: 'at the end of the process',
  },
  {
    name: 'commit-refused-looks-well',
    guarantee: 'FD-09',
    file: `${tracing}/traced-database.ts`,
    find: "span.end(outcome instanceof ReeveError ? outcome.code : 'internal');",
    replace: 'span.end();',
    test: unit,
    testName: 'the commit of a unit',
  },
  {
    name: 'trace-not-handed-to-agents',
    guarantee: 'FD-09',
    file: 'packages/hub/src/drivers/websocket/lease-frame.ts',
    find: '${deadline}${trace},',
    replace: '${deadline},',
    test: whole,
    testName: 'each attempt of an agent',
  },
  {
    name: 'failed-attempt-looks-well',
    guarantee: 'FD-09',
    file: 'packages/hub/src/services/settlement.ts',
    find: 'task.trace?.attemptEnded(settling.fault);',
    replace: 'task.trace?.attemptEnded(undefined);',
    test: whole,
    testName: 'each attempt of an agent',
  },
  {
    name: 'trace-not-handed-to-backends',
    guarantee: 'FD-09',
    file: 'packages/market/src/drivers/openai/connection.ts',
    find: "if (call.traceparent !== undefined) headers['traceparent'] = call.traceparent;",
    replace: '',
    test: whole,
    testName: 'the backend of the node gets',
  },
];
