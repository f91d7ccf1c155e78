/** The simulator is judged by the official client: what that reads without complaint is what backends send. */
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../../../tests/simulators/openai-backend.ts';
import { failureOf } from './reading.ts';

let simulator: BackendSimulator;
let client: OpenAI;
beforeAll(async () => {
  simulator = await startBackendSimulator({ apiKey: 'sk-simulated' });
  client = new OpenAI({ baseURL: simulator.url, apiKey: 'sk-simulated', maxRetries: 0 });
});
beforeEach(() => simulator.behave({}));
afterAll(() => simulator.close());

const user = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];
const ask = (content: string) => client.chat.completions.create({ model: 'sim-small', messages: user(content) });
const stream = (content: string) =>
  client.chat.completions.create({
    model: 'sim-small',
    messages: user(content),
    stream: true,
    stream_options: { include_usage: true },
  });

describe('backend simulator', () => {
  test('lists models', async () => {
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toEqual(['sim-small', 'sim-large']);
  });

  test('answers whole and streamed, with usage', async () => {
    const whole = await ask('hi');
    let said = '';
    let tokens: number | undefined;
    for await (const chunk of await stream('hi')) {
      said += chunk.choices[0]?.delta.content ?? '';
      tokens = chunk.usage?.completion_tokens ?? tokens;
    }
    expect(said).toBe(whole.choices[0]?.message.content);
    expect(tokens).toBe(whole.usage?.completion_tokens);
  });

  test('calls the first tool it is given, in pieces', async () => {
    const tool = { type: 'function' as const, function: { name: 'weather', parameters: { type: 'object' } } };
    const running = client.chat.completions.stream({ model: 'm', messages: user('Linz?'), tools: [tool] });
    const message = await running.finalMessage();
    const call = message.tool_calls?.[0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    expect(call.function).toMatchObject({ name: 'weather', arguments: '{"city":"Linz"}' });
  });

  test('answers in JSON when that is asked for', async () => {
    const answer = await client.chat.completions.create({
      model: 'm',
      messages: user('hi'),
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]?.message.content ?? '')).toEqual({ answer: 'simulated' });
  });

  test('takes orders from the message, the header and for a number of requests', async () => {
    expect((await ask('/sim {"content":"as you like"}')).choices[0]?.message.content).toBe('as you like');
    expect(await failureOf(ask('/sim {"fault":"rate-limited"}'))).toBeInstanceOf(OpenAI.RateLimitError);
    const options = { headers: { 'x-sim': '{"fault":"server-error"}' } };
    const failing = client.chat.completions.create({ model: 'm', messages: user('hi') }, options);
    expect(await failureOf(failing)).toBeInstanceOf(OpenAI.InternalServerError);
    simulator.behave({ fault: 'invalid-request', faultTimes: simulator.stats.chats + 1 });
    expect(await failureOf(ask('hi'))).toBeInstanceOf(OpenAI.BadRequestError);
    expect((await ask('hi')).choices).toHaveLength(1);
  });

  test('cuts and stalls so that the client notices', async () => {
    const reading = async (order: string): Promise<void> => {
      for await (const chunk of await stream(order)) expect(chunk.object).toBe('chat.completion.chunk');
    };
    expect(await failureOf(reading('/sim {"fault":"cut-mid-stream"}'))).toBeInstanceOf(Error);
    const aborted = simulator.next('abort');
    const stalled = await stream('/sim {"fault":"stall-mid-stream"}');
    for await (const chunk of stalled) if (chunk.choices[0]?.delta.content === ' the') break;
    expect((await aborted).aborted).toBe(true);
  });

  test('keeps what was sent, and refuses a wrong key', async () => {
    await ask('remember me');
    expect(simulator.requests.at(-1)?.body).toMatchObject({ messages: user('remember me') });
    const stranger = new OpenAI({ baseURL: simulator.url, apiKey: 'sk-wrong', maxRetries: 0 });
    expect(await failureOf(stranger.models.list())).toBeInstanceOf(OpenAI.AuthenticationError);
  });
});
