import { afterAll, beforeAll, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { parseResponse, rawSocket } from './raw-socket.ts';
import { startServer, type TestServer } from './start-server.ts';

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await startServer({
    operations: notes().operations,
    http: { headersTimeoutMs: 300, requestTimeoutMs: 600, headerLimitBytes: 4_096 },
  });
  key = await server.key('tasks:*');
});
afterAll(() => server[Symbol.asyncDispose]());

test('[FD-01 problem] what is no HTTP is answered with a problem and closed', async () => {
  const client = await rawSocket(server.port);
  client.send('\x16\x03\x01 this is TLS, or nonsense\r\n\r\n');
  const { status, body } = parseResponse(await client.closed());
  expect([status, body['code'], body['status']]).toEqual([400, 'malformed_request', 400]);
});

test('[FD-01 problem] headers beyond the limit are 431, a path beyond it too', async () => {
  for (const request of [
    `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(5_000)}\r\n\r\n`,
    `GET /${'p'.repeat(5_000)} HTTP/1.1\r\n`,
  ]) {
    const client = await rawSocket(server.port);
    client.send(request);
    const { status, body } = parseResponse(await client.closed());
    expect([status, body['code']]).toEqual([431, 'headers_too_large']);
  }
});

test('headers that come too slowly, and bodies that never end, are cut off with 408', async () => {
  const loris = await rawSocket(server.port);
  loris.send('GET /health/live HTTP/1.1\r\nHost: a\r\n');
  const drip = setInterval(() => loris.send('X-Drip: 1\r\n'), 100);
  expect(parseResponse(await loris.closed())).toMatchObject({ status: 408, body: { code: 'request_too_slow' } });
  clearInterval(drip);

  const slow = await rawSocket(server.port);
  slow.send(
    `POST /v1/notes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"te`,
  );
  expect(await slow.closed()).toMatch(/^HTTP\/1.1 408/);
  expect((await server.call('GET', '/health/live')).status).toBe(200);
});

test('a length that says too much is refused before the body is sent; one that lies is refused', async () => {
  const head = `POST /v1/notes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\n`;
  const large = await rawSocket(server.port);
  large.send(`${head}Content-Length: 100000000\r\n\r\n`);
  expect(await large.received('too_large')).toMatch(/^HTTP\/1.1 413/);
  const twice = await rawSocket(server.port);
  twice.send(`${head}Content-Length: 5\r\nContent-Length: 50\r\n\r\n{"a":`);
  expect(await twice.closed()).toMatch(/^HTTP\/1.1 400/);
});

test('pipelined requests are answered in order, each with its own correlation id', async () => {
  const client = await rawSocket(server.port);
  client.send(
    'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Correlation-Id: one\r\n\r\n' +
      'GET /health/live HTTP/1.1\r\nHost: a\r\nX-Correlation-Id: two\r\nConnection: close\r\n\r\n',
  );
  const text = await client.closed();
  expect([...text.matchAll(/x-correlation-id: (\w+)/gi)].map(([, id]) => id)).toEqual(['one', 'two']);
});

test('connections beyond the limit are closed at once, counted, and accepted again when there is room', async () => {
  await using small = await startServer({ http: { connectionsAtMost: 2 } });
  const [first] = [await rawSocket(small.port), await rawSocket(small.port)];
  const third = await rawSocket(small.port);
  expect(await third.closed()).toBe('');
  first!.socket.destroy();
  await first!.closed();
  await expect
    .poll(async () => {
      const again = await rawSocket(small.port);
      again.send('GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      return again.closed();
    })
    .toMatch(/reeve_http_refused_early_total\{reason="connections_at_most"\} [1-9]/);
});

test('methods that no route knows are answered, not dropped', async () => {
  for (const [method, path, status] of [
    ['TRACE', '/v1/notes', 405],
    ['PROPFIND', '/v1/notes', 405],
    ['PURGE', '/v1/elsewhere', 404],
  ] as const) {
    const client = await rawSocket(server.port);
    client.send(`${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(parseResponse(await client.closed()).status).toBe(status);
  }
});

test('a caller who does not take the answer is cut off, and nothing of it stays in memory', async () => {
  await using hungry = await startServer({
    http: { answerTimeoutMs: 200 },
    routes: [
      {
        name: 'loaf.show',
        method: 'GET',
        path: '/v1/loaf',
        access: 'public',
        handle: (_request, reply) => reply.type('text/plain').send('x'.repeat(64 * 1024 * 1024)),
      },
    ],
  });
  const client = await rawSocket(hungry.port);
  client.socket.pause();
  client.send('GET /v1/loaf HTTP/1.1\r\nHost: a\r\n\r\n');
  const cut = async () => (await hungry.call('GET', '/metrics')).text.includes('reason="answer_not_taken"} 1\n');
  await expect.poll(cut).toBe(true);
  const active = async () => (await hungry.call('GET', '/metrics')).text;
  await expect.poll(active).toContain('reeve_http_active_requests 1\n');
  client.socket.destroy();
});
