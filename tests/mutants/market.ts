import type { Mutant } from './mutant.ts';

const openai = 'packages/market/src/drivers/openai';
const node = 'packages/market/src/node';
const test = 'packages/market/test/node';

export const mutants: readonly Mutant[] = [
  {
    name: 'cut-stream-taken-for-an-end',
    guarantee: 'MK-02',
    file: `${openai}/chat-stream.ts`,
    find: 'return this.#finished.size >= this.#choices;',
    replace: 'return this.#finished.size <= this.#choices;',
    test: `${test}/openai-faults.test.ts`,
  },
  {
    name: 'error-in-a-stream-passed-on-as-a-chunk',
    guarantee: 'MK-02',
    file: `${openai}/chat-stream.ts`,
    find: 'if (failed) throw failureOf(backend, event);',
    replace: '',
    test: `${test}/openai-faults.test.ts`,
  },
  {
    name: 'utf-8-cut-between-two-reads',
    guarantee: 'MK-01',
    file: `${openai}/sse-parser.ts`,
    find: 'const whole = this.#rest.length === 0 ? bytes : Buffer.concat([...this.#rest, bytes]);',
    replace: "const whole = Buffer.from([...this.#rest, bytes].map((part) => part.toString()).join(''));",
    test: `${test}/sse-parser.test.ts`,
  },
  {
    name: 'slow-reader-does-not-slow-the-backend',
    guarantee: 'MK-01',
    file: `${openai}/exchange.ts`,
    find: 'if (this.#bufferedBytes >= highWaterBytes) controller.pause();',
    replace: '',
    test: `${test}/openai-wire.test.ts`,
    testName: 'holds the backend back',
  },
  {
    name: 'connection-lost-after-each-stream',
    guarantee: 'MK-01',
    file: `${openai}/exchange.ts`,
    find: 'if (!this.#discarding) this.#giveUp();',
    replace: 'this.#giveUp();',
    test: `${test}/openai-wire.test.ts`,
    testName: 'connections are kept',
  },
  {
    name: 'chunks-sent-without-flow-control',
    guarantee: 'MK-01',
    file: `${node}/chat-handler.ts`,
    find: 'await context.emit(chunk);',
    replace: 'void context.emit(chunk);',
    test: `${test}/chat-handler.test.ts`,
    testName: 'waits for flow control',
  },
  {
    name: 'broken-stream-tried-again',
    guarantee: 'FD-02',
    file: `${node}/chat-handler.ts`,
    find: 'if (chunks === 0 || !(error',
    replace: 'if (chunks >= 0 || !(error',
    test: `${test}/chat-handler.test.ts`,
  },
  {
    name: 'permanent-refusal-of-discovery-tried-again',
    guarantee: 'FD-02 permanent',
    file: `${node}/market-node.ts`,
    find: 'error instanceof ReeveError && error.retryable && !signal.aborted',
    replace: 'error instanceof ReeveError && !signal.aborted',
    test: `${test}/market-node.test.ts`,
  },
  {
    name: 'backend-denial-shown-as-a-fault-of-the-client',
    guarantee: 'FD-02',
    file: `${openai}/refusal.ts`,
    find: 'status === 401 || status === 403',
    replace: 'status === 401',
    test: `${test}/refusal.test.ts`,
  },
  {
    name: 'mini-ignores-max-tokens',
    guarantee: 'MK-02',
    file: 'packages/market/src/drivers/mini/answer.ts',
    find: 'if (completionTokens === request.maxTokens) {',
    replace: 'if (completionTokens === 100_000) {',
    test: `${test}/mini-backend.test.ts`,
  },
  {
    name: 'mini-shows-the-start-of-a-stop-sequence',
    guarantee: 'MK-02',
    file: 'packages/market/src/drivers/mini/stop-filter.ts',
    find: 'const safe = all.length - this.#possibleStart(all);',
    replace: 'const safe = all.length;',
    test: `${test}/mini-model.test.ts`,
  },
];
