/** Everything that can be refused, as an unmodified OpenAI client sees it: by its own exception classes. */
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
  type OpenAI,
} from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, type TestHub } from './system.ts';

let backend: BackendSimulator;
let hub: TestHub;
let node: AsyncDisposable;
let client: OpenAI;

beforeAll(async () => {
  backend = await startBackendSimulator();
  hub = await startHub({ REEVE_HTTP_CORS_ORIGINS: 'https://app.example', REEVE_HUB_RETRY_INITIAL_DELAY_MS: '20' });
  node = await startLocalNode(hub, backend.url);
  client = openAi(hub);
});
beforeEach(() => backend.behave({}));
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  await hub[Symbol.asyncDispose]();
  await backend[Symbol.asyncDispose]();
});

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };

/** What the client throws; a request that is answered fails the test. */
async function thrownBy(act: Promise<unknown>): Promise<APIError> {
  const thrown = await act.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(APIError);
  return thrown as APIError;
}

function ask(request: object, as = client): Promise<unknown> {
  return as.chat.completions.create(request as OpenAI.ChatCompletionCreateParamsNonStreaming);
}

function post(body: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Response> {
  const base = { authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json' };
  return fetch(`${hub.url}/v1/chat/completions`, {
    method,
    headers: { ...base, ...headers },
    ...(method === 'POST' ? { body } : {}),
  });
}

test('[MK-16] a wrong key is an AuthenticationError, and nothing reaches a node', async () => {
  const before = backend.stats.requests;
  for (const act of [
    (wrong: OpenAI) => ask(hello, wrong),
    (wrong: OpenAI) => ask({ ...hello, stream: true }, wrong),
    (wrong: OpenAI) => wrong.models.list(),
  ]) {
    const error = await thrownBy(Promise.resolve(act(openAi({ ...hub, apiKey: 'rv_0123456789ab_wrong' }))));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'unauthenticated', type: 'authentication_error' });
    expect(error.message).toContain('credential');
  }
  expect(backend.stats.requests).toBe(before);
});

test('[MK-16] a key without the permission is a PermissionDeniedError that names it', async () => {
  const error = await thrownBy(ask(hello, openAi({ ...hub, apiKey: await hub.keyWith('models:read') })));
  expect(error).toBeInstanceOf(PermissionDeniedError);
  expect(error).toMatchObject({ status: 403, type: 'permission_error' });
  expect(error.message).toContain('chat:use');
});

test('[MK-02 chat] an unknown model is a NotFoundError with the nearest names', async () => {
  const error = await thrownBy(ask({ ...hello, model: 'sim-smal' }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  expect(error.message).toContain('did you mean sim-small?');
  const far = await thrownBy(ask({ ...hello, model: 'x'.repeat(100_000) }));
  expect(far.message).toContain('GET /v1/models');
  expect(far.message.length).toBeLessThan(300);
});

test('[MK-02 models] an unknown model cannot be shown', async () => {
  for (const name of ['gpt-9', 'org/none', 'hf.co/org/none:Q4']) {
    const error = await thrownBy(client.models.retrieve(name));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'model_not_found' });
    expect(error.message).toContain(name);
  }
});

test('[FD-01 input] a body that is no JSON is a bad request', async () => {
  for (const body of ['{"model": "sim-small", "messages": [', 'hello', '{"a":1}}']) {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', code: 'malformed_request', message: expect.stringContaining('JSON') },
    });
  }
});

const faults: ReadonlyArray<readonly [name: string, body: unknown, param: string | null]> = [
  ['a list', [], null],
  ['null', null, null],
  ['without a model', { messages: hello.messages }, 'model'],
  ['with an empty model', { ...hello, model: '' }, 'model'],
  ['with a number for a model', { ...hello, model: 7 }, 'model'],
  ['without messages', { model: 'sim-small' }, 'messages'],
  ['with no message', { ...hello, messages: [] }, 'messages'],
  ['with text for messages', { ...hello, messages: 'hi' }, 'messages'],
  ['with a message that is none', { ...hello, messages: [...hello.messages, 'hi'] }, 'messages.1'],
  ['with a message without role', { ...hello, messages: [{ content: 'hi' }] }, 'messages.0'],
  ['with a word for stream', { ...hello, stream: 'yes' }, 'stream'],
];
test.each(faults)('[FD-01 input] a request %s is a BadRequestError that names the field', async (_, body, param) => {
  const error = await thrownBy(client.post('/chat/completions', { body }));
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
});

test('[FD-01 input] another content type is refused', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const response = await post(JSON.stringify(hello), { 'content-type': type });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ error: { code: 'unsupported_media_type' } });
  }
});

test('[MK-16] a request that is too large is refused, whether it can be read or not', async () => {
  for (const characters of [300 * 1024, 5 * 1024 * 1024]) {
    const messages = [{ role: 'user', content: 'x'.repeat(characters) }];
    const error = await thrownBy(ask({ ...hello, messages }));
    expect(error).toMatchObject({ status: 413, code: 'too_large' });
    expect(error.message).toMatch(/\d+ bytes/);
  }
  expect((await client.chat.completions.create(hello)).object).toBe('chat.completion');
});

test('[FD-01 code] another method is refused in the form that OpenAI’s clients read', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const response = await post('', {}, method);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toContain('POST');
    expect(await response.json()).toMatchObject({ error: { code: 'wrong_method', type: 'invalid_request_error' } });
  }
  expect((await post('', {}, 'HEAD')).status).toBe(405);
});

test('[FD-01 code] what nobody answers here is refused in the form that OpenAI’s clients read, and in that of all others', async () => {
  const acts = [
    () => client.images.generate({ prompt: 'a reeve at work' }),
    () => client.responses.create({ model: hello.model, input: 'hello' }),
    () => client.moderations.create({ input: 'hello' }),
    () => client.files.list(),
  ];
  for (const act of acts) {
    const error = await thrownBy(act());
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ code: 'not_found', type: 'invalid_request_error' });
    expect(error.message).toMatch(/there is nothing at \/v1\/\w+/);
  }
  const response = await fetch(`${hub.url}/v1/nothing`);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ status: 404, code: 'not_found', error: { code: 'not_found' } });
});

test('[MK-16] pages of browsers may call only from the origins that are configured', async () => {
  const preflight = (origin: string) =>
    fetch(`${hub.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
  const allowed = 'https://app.example';
  expect((await preflight(allowed)).headers.get('access-control-allow-origin')).toBe(allowed);
  for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null'])
    expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
  for (const stream of [false, true]) {
    const response = await post(JSON.stringify({ ...hello, stream }), { origin: allowed });
    await response.text();
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('access-control-expose-headers')).toContain('RateLimit-Remaining');
  }
});

const classes: Readonly<Record<number, Function>> = {
  400: BadRequestError,
  404: NotFoundError,
  413: APIError,
  422: UnprocessableEntityError,
};
const passedOn = [400, 404, 413, 422];
test.each(passedOn)('[MK-02 chat] a %s of the backend reaches the client as it is, at once', async (status) => {
  for (const stream of [false, true]) {
    backend.behave({ refuseWith: status });
    const before = backend.stats.chats;
    const error = await thrownBy(ask({ ...hello, stream }));
    expect(error).toBeInstanceOf(classes[status]);
    expect(error).toMatchObject({
      status,
      param: 'temperature',
      code: 'backend_says_no',
      type: 'invalid_request_error',
    });
    expect(error.message).toContain('The backend does not want this');
    expect(backend.stats.chats).toBe(before + 1);
  }
});

test('[MK-02 chat] a backend that denies the node’s key is no fault of the client', async () => {
  backend.behave({ fault: 'unauthorised' });
  const error = await thrownBy(ask(hello));
  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 500, code: 'backend_denied', type: 'server_error' });
});

test('[MK-03 fail-over] an overloaded backend is a RateLimitError with its Retry-After, after the hub’s own attempts', async () => {
  backend.behave({ fault: 'rate-limited', retryAfterSeconds: 7 });
  const before = backend.stats.chats;
  const error = await thrownBy(ask(hello));
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  expect(error.headers?.get('retry-after')).toBe('7');
  expect(backend.stats.chats).toBe(before + 3);
});

const broken = ['server-error', 'wrong-content-type', 'not-json', 'redirect'] as const;
test.each(broken)(
  '[MK-02 chat] a backend that fails for good (%s) is a server error in OpenAI’s form',
  async (fault) => {
    backend.behave({ fault });
    const error = await thrownBy(ask(hello));
    expect(error).toBeInstanceOf(InternalServerError);
    expect(error.status).toBeGreaterThanOrEqual(502);
    expect(error.type).toBe('server_error');
    expect(error.message.length).toBeGreaterThan(10);
  },
);

test('[MK-02 chat] a backend that is down is a server error in OpenAI’s form', async () => {
  const gone = await startBackendSimulator({ models: ['gone'] });
  await using _ = await startLocalNode(hub, gone.url, { name: 'gone' });
  await gone.close();
  const error = await thrownBy(ask({ ...hello, model: 'gone' }));
  expect(error).toBeInstanceOf(InternalServerError);
  expect(error).toMatchObject({ status: 503, code: 'backend_unreachable', type: 'server_error' });
});

test('[MK-02 chat] errors carry the correlation id and the task', async () => {
  backend.behave({ refuseWith: 400 });
  const response = await post(JSON.stringify(hello), { 'x-correlation-id': 'mine-1' });
  expect(response.headers.get('x-correlation-id')).toBe('mine-1');
  expect(response.headers.get('x-reeve-task')).toMatch(/^[0-9a-f-]{36}$/);
  expect(response.headers.get('ratelimit-limit')).not.toBeNull();
});
