import type { Mutant } from './mutant.ts';

const openai = 'packages/market/src/drivers/openai';
const node = 'packages/market/src/node';
const gateway = 'packages/market/src/gateway';
const test = 'packages/market/test/node';
const chatStream = 'packages/market/test/gateway/chat-stream.test.ts';
const chat = 'tests/e2e/openai/chat.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'cut-stream-taken-for-an-end',
    guarantee: 'MK-02 stream',
    file: `${openai}/answer-stream.ts`,
    find: 'return this.#finished.size >= this.#choices;',
    replace: 'return this.#finished.size <= this.#choices;',
    test: `${test}/openai-faults.test.ts`,
  },
  {
    name: 'error-in-a-stream-passed-on-as-a-chunk',
    guarantee: 'MK-02 stream',
    file: `${openai}/answer-stream.ts`,
    find: 'if (failed) throw failureOf(backend, event);',
    replace: '',
    test: `${test}/openai-faults.test.ts`,
  },
  {
    name: 'utf-8-cut-between-two-reads',
    guarantee: 'MK-01 backend',
    file: `${openai}/sse-parser.ts`,
    find: 'const whole = this.#rest.length === 0 ? bytes : Buffer.concat([...this.#rest, bytes]);',
    replace: "const whole = Buffer.from([...this.#rest, bytes].map((part) => part.toString()).join(''));",
    test: `${test}/sse-parser.test.ts`,
  },
  {
    name: 'slow-reader-does-not-slow-the-backend',
    guarantee: 'MK-01 backend',
    file: `${openai}/exchange.ts`,
    find: 'if (this.#bufferedBytes >= highWaterBytes) controller.pause();',
    replace: '',
    test: `${test}/openai-wire.test.ts`,
    testName: 'holds the backend back',
  },
  {
    name: 'connection-lost-after-each-stream',
    guarantee: 'MK-01 backend',
    file: `${openai}/exchange.ts`,
    find: 'if (!this.#discarding) this.#giveUp();',
    replace: 'this.#giveUp();',
    test: `${test}/openai-wire.test.ts`,
    testName: 'connections are kept',
  },
  {
    name: 'chunks-sent-without-flow-control',
    guarantee: 'MK-01 backend',
    file: `${node}/chat-handler.ts`,
    find: 'if (passed !== undefined) await context.emit(passed);',
    replace: 'if (passed !== undefined) void context.emit(passed);',
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
    guarantee: 'MK-02 chat',
    file: 'packages/market/src/drivers/mini/answer.ts',
    find: 'if (completionTokens === request.maxTokens) {',
    replace: 'if (completionTokens === 100_000) {',
    test: `${test}/mini-backend.test.ts`,
  },
  {
    name: 'mini-shows-the-start-of-a-stop-sequence',
    guarantee: 'MK-02 chat',
    file: 'packages/market/src/drivers/mini/stop-filter.ts',
    find: 'const safe = all.length - this.#possibleStart(all);',
    replace: 'const safe = all.length;',
    test: `${test}/mini-model.test.ts`,
  },
  {
    name: 'broken-answer-ends-as-a-whole-one',
    guarantee: 'MK-02 stream',
    file: `${gateway}/chat-stream.ts`,
    find: '`data: ${JSON.stringify({ error })}\\n\\n`',
    replace: '`data: ${JSON.stringify({ error })}\\n\\ndata: [DONE]\\n\\n`',
    test: chatStream,
    testName: 'of a whole answer is [DONE]',
  },
  {
    name: 'credit-for-what-the-client-has-not-read',
    guarantee: 'MK-02 stream',
    file: `${gateway}/chat-stream.ts`,
    find: 'if (room && !this.#blocked) return taken(length);',
    replace: 'if (room || length > 0) return taken(length);',
    test: chatStream,
    testName: 'is withheld while the client does not read',
  },
  {
    name: 'unknown-fields-of-a-request-dropped',
    guarantee: 'MK-02 chat',
    ...dropped('{ model: request.model, messages: request["messages"], stream: request.stream ?? false }'),
    testName: 'parameters and message parts are passed on untouched',
  },
  {
    name: 'tools-of-a-request-dropped',
    guarantee: 'MK-02 tools',
    ...dropped('{ ...request, tools: undefined, tool_choice: undefined }'),
    testName: 'tools go to the backend as they are',
  },
  {
    name: 'wanted-format-dropped',
    guarantee: 'MK-02 json-mode',
    ...dropped("{ ...request, response_format: { type: 'json_object' } }"),
    testName: 'a JSON schema goes to the backend',
  },
  {
    name: 'usage-of-a-stream-not-asked-for',
    guarantee: 'MK-02 usage',
    ...dropped('{ ...request, stream_options: undefined }'),
    testName: 'a stream says what it used in its last chunk',
  },
  {
    name: 'model-listed-as-a-capability',
    guarantee: 'MK-02 models',
    file: `${gateway}/models.ts`,
    find: 'models.set(served.model, {',
    replace: 'models.set(capability.name, {',
    test: chat,
    testName: 'models are listed and shown',
  },
  {
    name: 'backend-asked-for-a-model-it-does-not-know',
    guarantee: 'MK-01 backend',
    file: `${node}/chat-handler.ts`,
    find: '{ ...input, model: backendId };',
    replace: '(input as ChatBody);',
    test: `${test}/chat-handler.test.ts`,
    testName: 'is the one of the leased capability',
  },
  {
    name: 'node-opens-a-port',
    guarantee: 'MK-01 nat',
    file: 'packages/server/src/roles/node.ts',
    find: '  await serveHub(agent, options,',
    replace:
      "  process.getBuiltinModule('node:net').createServer().listen(0, '127.0.0.1');\n  await serveHub(agent, options,",
    test: 'tests/e2e/openai/nat.test.ts',
  },
  {
    name: 'nothing-there-in-a-form-of-our-own',
    guarantee: 'FD-01 code',
    file: 'packages/platform/src/http/not-found.ts',
    find: 'isMissing ? missingErrorBody : paths',
    replace: 'isMissing ? undefined : paths',
    test: 'tests/e2e/openai/refusals.test.ts',
    testName: 'what nobody answers here',
  },
];

/** What of a request reaches the node. */
function dropped(input: string): Pick<Mutant, 'file' | 'find' | 'replace' | 'test'> {
  const replace = `input: ${input} as unknown as`;
  return { file: `${gateway}/model-task.ts`, find: 'input: request as unknown as', replace, test: chat };
}
