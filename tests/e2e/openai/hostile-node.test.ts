/** Nodes that say what no node should: the client is never told that such an answer is whole. */
import { connectAgent, type AgentConnection, type Handler, type TaskContext } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHub, type TestHub } from './system.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
let hub: TestHub;
let agent: AgentConnection;
/** What the node does with the next task. */
let act: Handler;

beforeAll(async () => {
  hub = await startHub({
    REEVE_GATEWAY_FIRST_TOKEN_TIMEOUT_MS: '400',
    REEVE_GATEWAY_REQUEST_TIMEOUT_MS: '1000',
  });
  agent = await connectAgent({
    url: hub.url,
    apiKey: hub.apiKey,
    offer: { name: 'hostile', capabilities: [{ name: 'llm.chat:odd' }], slots: 8 },
    handler: (input, context) => act(input, context),
    log: quiet,
  });
});
afterAll(async () => {
  await agent.stop({ drain: false });
  await hub[Symbol.asyncDispose]();
});

async function ask(stream: boolean, handler: Handler): Promise<{ status: number; text: string; type: string | null }> {
  act = handler;
  const response = await fetch(`${hub.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'odd', stream, messages: [{ role: 'user', content: 'hello' }] }),
  });
  return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
}

const chunk = (text: string) =>
  `{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"${text}"}}]}`;
const summary = (chunks: number) => ({
  streamed: true,
  chunks,
  finishReason: 'stop',
  usage: null,
  durationMs: 1,
  firstTokenMs: 1,
});
const invalid = expect.objectContaining({ code: 'node_answer_invalid', type: 'server_error' });

const noChunks: ReadonlyArray<readonly [string, string]> = [
  ['an end of its own', '[DONE]'],
  ['an event within an event', `${chunk('a')}\n\ndata: [DONE]`],
  ['a carriage return', `${chunk('a')}\rdata: [DONE]`],
  ['a line break within JSON', '{\n"choices": []}'],
  ['nothing', ''],
  ['a comment', ': ping'],
];
test.each(noChunks)('[LD-07] %s in place of the first chunk is refused before the first byte', async (_, text) => {
  const { status, text: body } = await ask(true, async (_input, { emit }) => {
    await emit(text);
    return summary(1);
  });
  expect(status).toBe(502);
  expect(JSON.parse(body)).toEqual({ error: invalid });
});

test.each(noChunks)('[LD-07] %s in place of a later chunk ends the stream with an error', async (_, text) => {
  const { status, text: body } = await ask(true, async (_input, context) => {
    const { emit } = context;
    await emit(chunk('a'));
    await new Promise((resolve) => setImmediate(resolve)); // so that it travels in a message of its own
    await emit(text);
    await untilStopped(context);
  });
  expect(status).toBe(200);
  const events = body.split('\n\n').filter((event) => event !== '');
  expect(events[0]).toBe(`data: ${chunk('a')}`);
  expect(events).toHaveLength(2);
  expect(JSON.parse(events[1]!.slice(6))).toEqual({ error: invalid });
});

test('[LD-07] a summary that counts other chunks than came is no end of a stream', async () => {
  for (const counted of [0, 1, 3]) {
    const { text } = await ask(true, async (_input, { emit }) => {
      await emit(chunk('a'));
      await emit(chunk('b'));
      return summary(counted);
    });
    expect(text).not.toContain('[DONE]');
    expect(text).toContain('node_answer_invalid');
  }
});

const noAnswers: ReadonlyArray<readonly [string, unknown]> = [
  ['nothing', undefined],
  ['null', null],
  ['a text', 'hello'],
  ['a list', []],
  ['the summary of a stream', summary(0)],
  ['an answer that is no text', { streamed: false, completion: { choices: [] } }],
  ['an answer that is no object', { streamed: false, completion: '<html>' }],
];
test.each(noAnswers)('[MK-02 chat] %s in place of a whole answer is a server error', async (_, output) => {
  const { status, text } = await ask(false, async () => output);
  expect(status).toBe(502);
  expect(JSON.parse(text)).toEqual({ error: invalid });
});

test('[MK-02 stream] a whole answer in place of a stream is a server error', async () => {
  const { status, text } = await ask(true, async () => ({ streamed: false, completion: '{"choices":[]}' }));
  expect(status).toBe(502);
  expect(text).not.toContain('[DONE]');
});

test('[MK-02 chat] chunks of an answer that is not streamed reach nobody and stop nothing', async () => {
  const { status, text, type } = await ask(false, async (_input, { emit }) => {
    for (let sent = 0; sent < 40; sent++) await emit(chunk('x'.repeat(20_000)));
    return { streamed: false, completion: '{"choices":[]}' };
  });
  expect([status, text]).toEqual([200, '{"choices":[]}']);
  expect(type).toMatch(/^application\/json/);
});

test('[FD-01 code] a node cannot make a client believe that its own key or permission is wrong', async () => {
  for (const code of ['unauthenticated', 'forbidden', 'rate_limited', 'payment_required', 'no_such_code']) {
    const { status, text } = await ask(false, async () => {
      throw Object.assign(new Error('the node says so'), { code, retryable: false });
    });
    expect([code, status]).toEqual([code, 502]);
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'task_dead', message: 'the node says so' } });
  }
});

function untilStopped({ signal }: TaskContext): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

test('[MK-02 stream] no first token in time is a 504, and the node is told to stop', async () => {
  let stopped: Promise<void> | undefined;
  const { status, text } = await ask(true, (_input, context) => (stopped = untilStopped(context)));
  expect(status).toBe(504);
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'first_token_timeout', type: 'server_error' } });
  await stopped;
});

test('[HB-09 time-out] a stream that stands still ends with an error when its time is over', async () => {
  let stopped: Promise<void> | undefined;
  const { status, text } = await ask(true, async (_input, context) => {
    await context.emit(chunk('a'));
    await (stopped = untilStopped(context));
  });
  expect(status).toBe(200);
  const [first, second, ...rest] = text.split('\n\n').filter((event) => event !== '');
  expect(first).toBe(`data: ${chunk('a')}`);
  expect(JSON.parse(second!.slice(6))).toMatchObject({ error: { code: 'answer_timeout', type: 'server_error' } });
  expect(rest).toEqual([]);
  await stopped;
});

test('[HB-09 time-out] a whole answer that does not come in time is a 504', async () => {
  let stopped: Promise<void> | undefined;
  const { status, text } = await ask(false, (_input, context) => (stopped = untilStopped(context)));
  expect(status).toBe(504);
  expect(JSON.parse(text)).toMatchObject({ error: { code: 'answer_timeout', type: 'server_error' } });
  await stopped;
});
