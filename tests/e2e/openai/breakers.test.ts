/** Nodes that fail again and again, with circuit breakers as they are by default. */
import OpenAI, { type APIError } from 'openai';
import { assert, expect, test } from 'vitest';
import { startBackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHubProcess, startLocalNode } from './system.ts';

const request = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
/** Failures in a row after which a breaker opens, and the pause that follows; see docs/reference/configuration.md. */
const [failures, pauseMs] = [5, 5_000];

test('[HB-12 at-once half-open recovery] a model whose nodes all fail is answered 503 at once, and comes back by itself', async () => {
  await using backend = await startBackendSimulator({ behaviour: { fault: 'server-error' } });
  await using hub = await startHubProcess();
  await using _ = await startLocalNode(hub, backend.url);
  const client = openAi(hub);
  const ask = (): Promise<APIError> => client.chat.completions.create(request).then(answered, asApiError);

  const beganMs = performance.now();
  const first = await Promise.all(Array.from({ length: failures }, ask));
  for (const error of first) expectPaused(error);

  const asked = backend.stats.chats;
  const streamed = client.chat.completions.create({ ...request, stream: true }).then(answered, asApiError);
  for (const error of await Promise.all([ask(), streamed])) expectPaused(error);
  expect(backend.stats.chats, 'the node is spared').toBe(asked);

  backend.behave({});
  const patient = new OpenAI({ baseURL: `${hub.url}/v1`, apiKey: hub.apiKey }); // tries again as it is told
  expect((await patient.chat.completions.create(request)).choices[0]!.finish_reason).toBe('stop');
  expect(performance.now() - beganMs, 'it got its pause').toBeGreaterThan(pauseMs - 1_000);
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.chat.completions.create(request)));
  expect(answers).toHaveLength(10);
});

function answered(): never {
  assert.fail('it was answered');
}

function asApiError(error: unknown): APIError {
  return error as APIError;
}

function expectPaused({ status, headers, error }: APIError): void {
  expect({ status, error }).toMatchObject({ status: 503, error: { type: 'server_error', code: 'agents_paused' } });
  const retryAfterSeconds = Number(headers?.get('retry-after'));
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(pauseMs / 1_000);
}
