import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { exchangeTimeoutMs } from '../src/http/exchange.ts';
import { createClient, operations, RemoteError, type ClientOptions } from '../src/index.ts';
import { type Answer, json, problem, WireHttp } from './wire-http.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(...answers: Answer[]) {
  const server = await WireHttp.answering(...answers);
  open.push(server);
  return server;
}

function client(server: WireHttp, more: Partial<ClientOptions> = {}) {
  return createClient({ url: server.url, apiKey: 'rv_test', retry: { initialDelayMs: 5 }, ...more });
}

const id = '01900000-0000-7000-8000-000000000001';
const summary = {
  id,
  tenant: 'default',
  kind: 'task',
  state: 'queued',
  priority: 'medium',
  requires: [{ name: 'echo', minProficiency: 0 }],
  constraints: {},
  labels: {},
  attempt: 0,
  maxAttempts: 3,
  timeoutMs: 300_000,
  submittedAtMs: 1_800_000_000_000,
};
const submission = { requires: [{ name: 'echo' }], input: { a: 1 } };

describe('requests', () => {
  test('[FD-13] there is a method for every operation', () => {
    const reeve = createClient({ url: 'http://127.0.0.1:1' }) as unknown as Record<string, Record<string, unknown>>;
    for (const { domain, verb } of operations) expect(typeof reeve[domain]?.[verb]).toBe('function');
  });

  test('a write is sent as JSON with key and idempotency key', async () => {
    const server = await serve(json(summary, 201));
    const task = await client(server).tasks.create(submission);
    expect(task.state).toBe('queued');
    const [request] = server.seen;
    expect(request).toMatchObject({ method: 'POST', url: '/v1/tasks' });
    expect(JSON.parse(request!.body)).toEqual(submission);
    expect(request!.headers).toMatchObject({ authorization: 'Bearer rv_test', 'content-type': 'application/json' });
    expect(request!.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('an idempotency key can be chosen, and left out', async () => {
    const server = await serve(json(summary, 201));
    await client(server).tasks.create(submission, { idempotencyKey: 'mine-1' });
    await client(server).tasks.create(submission, { idempotencyKey: false });
    expect(server.seen.map(({ headers }) => headers['idempotency-key'])).toEqual(['mine-1', undefined]);
  });

  test('a read spreads its input over path and query, without what is undefined', async () => {
    const server = await serve(json({ items: [] }));
    await client(server).tasks.list({ state: 'dead', limit: 10, kind: 'a b&c', capability: undefined as never });
    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/tasks?state=dead&limit=10&kind=a+b%26c',
      body: '',
    });
    expect(server.seen[0]!.headers['idempotency-key']).toBeUndefined();
  });

  test('parameters of the path are encoded and not sent twice', async () => {
    const server = await serve(json(summary));
    await client(server)
      .tasks.cancel({ id: 'a/b?c', reason: 'r' })
      .catch(() => {});
    expect(server.seen[0]!.url).toBe('/v1/tasks/a%2Fb%3Fc/cancel');
    expect(JSON.parse(server.seen[0]!.body)).toEqual({ reason: 'r' });
  });

  test('a parameter of the path that is missing is a mistake of the caller', async () => {
    const server = await serve(json(summary));
    await expect(client(server).tasks.show({ id: '' })).rejects.toThrow('needs id');
    expect(server.seen).toEqual([]);
  });

  test('a dry run asks for the plan and answers with it', async () => {
    const plan = {
      operation: 'agents.remove',
      plan: { effects: [], evidence: {} },
      digest: 'sha256:0',
      guards: [],
      verdict: 'pass',
      approvedInAdvance: false,
    };
    const server = await serve(json(plan));
    expect(await client(server).agents.remove({ id }, { dryRun: true })).toEqual(plan);
    expect(server.seen[0]).toMatchObject({ method: 'DELETE', url: `/v1/agents/${id}?dryRun=true` });
  });

  test('pages are fetched as they are needed', async () => {
    const page = (n: number, nextCursor?: string) => json({ items: [{ ...summary, kind: `k${n}` }], nextCursor });
    const server = await serve(page(1, 'c2'), page(2, 'c3'), page(3));
    const listTasks = operations.find(({ name }) => name === 'tasks.list')!;
    const kinds: string[] = [];
    for await (const item of client(server).paginate(listTasks, { limit: 1 })) {
      kinds.push((item as { kind: string }).kind);
      expect(server.seen).toHaveLength(kinds.length);
    }
    expect(kinds).toEqual(['k1', 'k2', 'k3']);
    expect(server.seen.map(({ url }) => url)).toEqual([
      '/v1/tasks?limit=1',
      '/v1/tasks?limit=1&cursor=c2',
      '/v1/tasks?limit=1&cursor=c3',
    ]);
  });
});

describe('errors', () => {
  test('[FD-01] a problem is thrown with everything it says', async () => {
    const issues = [{ path: ['requires', 0, 'name'], message: 'unknown' }];
    const server = await serve(
      problem(422, 'unknown_capability', { issues, details: { nearest: ['echo'] }, correlationId: 'c-1' }),
    );
    const error = await client(server)
      .tasks.create(submission)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({
      code: 'unknown_capability',
      status: 422,
      message: 'unknown_capability happened',
      retryable: false,
      issues,
      details: { nearest: ['echo'] },
      correlationId: 'c-1',
    });
  });

  test('an error of something in between is told by its status', async () => {
    const server = await serve((response) => void response.writeHead(413).end('<html>too big</html>'));
    await expect(client(server).hub.status()).rejects.toMatchObject({
      code: 'http_413',
      status: 413,
      retryable: false,
    });
  });

  test('an answer that is not as defined is not passed on', async () => {
    const server = await serve(json({ hello: 'world' }));
    await expect(client(server).tasks.show({ id })).rejects.toMatchObject({ code: 'answer_not_understood' });
    const page = await serve((response) => void response.end('<html>'));
    await expect(client(page).tasks.show({ id })).rejects.toMatchObject({ code: 'answer_not_understood' });
  });

  test('nobody there is an error that says where', async () => {
    const server = await WireHttp.answering(json({}));
    await server[Symbol.asyncDispose]();
    const message = expect.stringContaining(server.url) as string;
    await expect(client(server).hub.status()).rejects.toMatchObject({
      code: 'hub_unreachable',
      retryable: true,
      message,
    });
  });

  test('what is no address is refused', () => {
    expect(() => createClient({ url: '127.0.0.1:4400' })).toThrow('not the address of a hub');
  });
});

describe('retries', () => {
  test('[FD-02 transient attempts] what may pass is tried three times in all, with one idempotency key', async () => {
    const server = await serve(
      problem(503, 'overloaded', { retryable: true }),
      problem(429, 'rate_limited', { retryable: true }),
      json(summary, 201),
    );
    await client(server).tasks.create(submission);
    expect(server.seen).toHaveLength(3);
    expect(new Set(server.seen.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);

    const down = await serve(problem(503, 'overloaded', { retryable: true }));
    await expect(client(down).tasks.create(submission)).rejects.toMatchObject({ code: 'overloaded' });
    expect(down.seen).toHaveLength(3);
  });

  test('[FD-02 backoff] from one second, doubling, with jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999); // half of the delay is left
    onTestFinished(() => void vi.restoreAllMocks());
    const server = await serve(
      problem(503, 'overloaded', { retryable: true }),
      problem(503, 'overloaded', { retryable: true }),
      json(summary),
    );
    const byDefault = createClient({ url: server.url });
    await byDefault.tasks.cancel({ id });
    const [first, second, third] = server.seen.map(({ atMs }) => atMs);
    expect(second! - first!).toBeGreaterThanOrEqual(499);
    expect(third! - second!).toBeGreaterThanOrEqual(999);
  });

  test.each([400, 401, 403, 404])(
    '[FD-02 permanent] %i is never tried again, whatever the answer claims',
    async (status) => {
      const server = await serve(problem(status, 'no', { retryable: true }));
      await expect(client(server).tasks.create(submission)).rejects.toMatchObject({ status });
      expect(server.seen).toHaveLength(1);
    },
  );

  test('a lost connection is tried again; a write without an idempotency key is not', async () => {
    const cut: Answer = (response) => void response.destroy();
    const server = await serve(cut, json(summary, 201));
    expect((await client(server).tasks.create(submission)).id).toBe(id);
    const second = await serve(cut, json(summary, 201));
    const call = client(second).tasks.create(submission, { idempotencyKey: false });
    await expect(call).rejects.toMatchObject({ code: 'hub_unreachable' });
    expect(second.seen).toHaveLength(1);
  });

  test('Retry-After is waited for', async () => {
    const wait: Answer = (response) => void response.writeHead(503, { 'retry-after': '1' }).end();
    const server = await serve(wait, json(summary));
    await client(server).tasks.cancel({ id });
    expect(server.seen[1]!.atMs - server.seen[0]!.atMs).toBeGreaterThanOrEqual(995);
  });

  test('a wait of hours is not waited for: the caller is told', async () => {
    const server = await serve(problem(429, 'rate_limited', { retryable: true, retryAfterMs: 3_600_000 }));
    await expect(client(server).hub.status()).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(server.seen).toHaveLength(1);
  });
});

describe('time', () => {
  const silent: Answer = () => {};

  test('[FD-02 http-time-out] every call has a time-out, of 30 s when none is given', async () => {
    expect(exchangeTimeoutMs).toBe(30_000);
    const server = await serve(silent);
    const once = client(server, { retry: { maxAttempts: 1 } });
    await expect(once.hub.status({}, { timeoutMs: 80 })).rejects.toMatchObject({ code: 'answer_timed_out' });
  });

  test('[FD-02 http-time-out] an answer that stops half-way is held to it, too', async () => {
    const server = await serve((response) => void response.writeHead(200).write('{"half'));
    const once = client(server, { retry: { maxAttempts: 1 } });
    await expect(once.hub.status({}, { timeoutMs: 80 })).rejects.toMatchObject({ code: 'answer_timed_out' });
  });

  test('a call can be aborted while it waits for an answer and between tries', async () => {
    const server = await serve(silent);
    const aborter = new AbortController();
    const call = client(server).hub.status({}, { signal: aborter.signal });
    await expect.poll(() => server.seen.length).toBe(1);
    aborter.abort();
    await expect(call).rejects.toMatchObject({ code: 'call_aborted' });

    const busy = await serve(problem(503, 'overloaded', { retryable: true }));
    const second = new AbortController();
    const waiting = createClient({ url: busy.url }).hub.status({}, { signal: second.signal });
    await expect.poll(() => busy.seen.length).toBe(1);
    second.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'call_aborted' });
    expect(busy.seen).toHaveLength(1);
  });
});
