/** What every backend driver promises (`Backend`), run by each of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../../../tests/simulators/openai-backend.ts';
import { createMiniBackend, createOpenAiBackend, type Backend, type ModelBody } from '../../src/node/index.ts';
import { all, asking, chunkOf, completionOf, contentOf, failureOf, never } from './reading.ts';

let simulator: BackendSimulator;
beforeAll(async () => void (simulator = await startBackendSimulator()));
afterAll(() => simulator.close());

const drivers = [
  { driver: 'openai', model: 'sim-small', create: async () => createOpenAiBackend({ url: simulator.url }) },
  { driver: 'mini', model: 'mini', create: () => createMiniBackend() },
];

describe.each(drivers)('backend $driver', ({ model, create }) => {
  let backend: Backend;
  const ask = (more: Record<string, unknown> = {}): ModelBody =>
    asking('What is a lease?', { model, seed: 1, ...more });
  beforeAll(async () => void (backend = await create()));
  afterAll(() => backend.close());

  test('[MK-01] lists its models', async () => {
    const models = await backend.models(never);
    expect(models.map(({ id }) => id)).toContain(model);
    expect(models.every(({ ownedBy }) => ownedBy !== undefined)).toBe(true);
  });

  test('[MK-02] answers in one piece, with usage and a finish reason', async () => {
    const answer = completionOf(await backend.answer(ask(), never));
    expect(answer).toMatchObject({ object: 'chat.completion', model });
    expect(answer.choices[0]).toMatchObject({ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' });
    expect(answer.choices[0]!.message.content.length).toBeGreaterThan(10);
    expect(answer.usage.completion_tokens).toBeGreaterThan(0);
    expect(answer.usage.total_tokens).toBe(answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  test('[MK-02] streams the same answer: role first, one line of JSON a chunk, a finish reason last', async () => {
    const chunks = await all(backend.answerStream(ask({ stream: true }), never));
    expect(chunks.every((chunk) => !/[\r\n]/.test(chunk))).toBe(true);
    const choices = chunks.map((chunk) => chunkOf(chunk).choices[0]);
    expect(choices[0]?.delta.role).toBe('assistant');
    expect(choices.at(-1)?.finish_reason).toBe('stop');
    expect(choices.slice(0, -1).every((choice) => choice?.finish_reason === null)).toBe(true);
    const whole = completionOf(await backend.answer(ask(), never));
    expect(contentOf(chunks)).toBe(whole.choices[0]!.message.content);
  });

  test('[MK-02] ends a stream with the usage when asked for it, and only then', async () => {
    const plain = await all(backend.answerStream(ask({ stream: true }), never));
    expect(plain.some((chunk) => 'usage' in chunkOf(chunk))).toBe(false);
    const body = ask({ stream: true, stream_options: { include_usage: true } });
    const counted = (await all(backend.answerStream(body, never))).map(chunkOf);
    const whole = completionOf(await backend.answer(ask(), never));
    expect(counted.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(counted.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  test('[MK-02] a refused request carries status and error object through and is not worth a retry', async () => {
    const body = { model, messages: [] };
    const whole = await failureOf(backend.answer(body, never));
    const streamed = await failureOf(all(backend.answerStream({ ...body, stream: true }, never)));
    for (const error of [whole, streamed]) {
      expect(error).toMatchObject({ code: 'backend_refused', retryable: false });
      expect(error).toMatchObject({ details: { status: 400, error: { type: 'invalid_request_error' } } });
    }
  });

  test('an aborted signal ends everything with its reason', async () => {
    const reason = new Error('the task was cancelled');
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(backend.answer(ask(), signal))).toBe(reason);
    expect(await failureOf(all(backend.answerStream(ask({ stream: true }), signal)))).toBe(reason);
  });

  test('an abort within a stream ends it with its reason, also when chunks were already there', async () => {
    const cancelling = new AbortController();
    const reason = new Error('the task was cancelled');
    const chunks: string[] = [];
    const read = async (): Promise<void> => {
      for await (const chunk of backend.answerStream(ask({ stream: true }), cancelling.signal)) {
        chunks.push(chunk);
        if (chunks.length === 3) cancelling.abort(reason);
      }
    };
    expect(await failureOf(read())).toBe(reason);
    expect(chunks).toHaveLength(3);
  });

  test('[FD-10 concurrent] requests run side by side', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => backend.answer(ask(), never)));
    expect(new Set(answers.map((answer) => completionOf(answer).id)).size).toBe(20);
  });

  test('after close everything is refused as unreachable, and close may be called again', async () => {
    const own = await create();
    await own.close();
    await own.close();
    expect(await failureOf(own.answer(ask(), never))).toMatchObject({ code: 'backend_unreachable' });
    expect(await failureOf(all(own.answerStream(ask(), never)))).toMatchObject({ code: 'backend_unreachable' });
  });
});
