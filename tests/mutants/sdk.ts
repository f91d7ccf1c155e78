import type { Mutant } from './mutant.ts';

const sdk = 'packages/sdk';

/** Client, agent kit, command line and exec adapter. */
export const mutants: readonly Mutant[] = [
  {
    name: 'permanent-status-tried-again',
    guarantee: 'FD-02 permanent',
    file: `${sdk}/src/http/exchange.ts`,
    find: '!permanent.has(error.status) && ',
    replace: '',
    test: `${sdk}/test/client.test.ts`,
  },
  {
    name: 'retries-without-backoff',
    guarantee: 'FD-02 backoff',
    file: `${sdk}/src/http/exchange.ts`,
    find: 'Math.max(decision.delayMs, retryAfterMs(error))',
    replace: 'retryAfterMs(error)',
    test: `${sdk}/test/client.test.ts`,
  },
  {
    name: 'unacknowledged-result-not-held',
    guarantee: 'HB-08',
    file: `${sdk}/src/agent/attempts.ts`,
    find: 'Array.from(this.#byFence.values(), (',
    replace: "Array.from([...this.#byFence.values()].filter(({ state }) => state === 'running'), (",
    test: `${sdk}/test/agent-resume.test.ts`,
  },
  {
    name: 'lost-lease-worked-on',
    guarantee: 'HB-08',
    file: `${sdk}/src/agent/attempts.ts`,
    find: "attempt.state === 'running' && !kept.has(fence)",
    replace: "attempt.state === 'void' && !kept.has(fence)",
    test: `${sdk}/test/agent-resume.test.ts`,
  },
  {
    name: 'time-out-told-as-success',
    guarantee: 'HB-09 time-out',
    file: `${sdk}/src/agent/attempts.ts`,
    find: "attempt.finish('failed', `\"error\":${JSON.stringify({ code: 'attempt_timed_out', message, retryable: true })}`);",
    replace: "attempt.finish('succeeded', '\"output\":null');",
    test: `${sdk}/test/agent-attempts.test.ts`,
    testName: 'a time-out aborts the handler',
  },
  {
    name: 'key-sent-to-another-address',
    guarantee: 'FD-03',
    file: 'packages/cli/src/connection.ts',
    find: 'apiKey: isSame ? keyOf(dev, role) : undefined',
    replace: 'apiKey: isSame || dev !== undefined ? keyOf(dev, role) : undefined',
    test: 'packages/cli/test/connection.test.ts',
  },
  {
    name: 'command-sees-the-whole-environment',
    guarantee: 'FD-03',
    file: 'packages/hub/src/adapters/exec/environment.ts',
    find: 'for (const name of names)',
    replace: 'for (const name of [...names, ...Object.keys(environment)])',
    test: 'packages/hub/test/exec/exec-handler.test.ts',
  },
];
