import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cors } from '../../src/http/cors.ts';
import { notes } from './notes.ts';
import { startServer, type TestServer } from './start-server.ts';

let strict: TestServer;
let open: TestServer;
const page = 'https://app.example';

beforeAll(async () => {
  strict = await startServer({ operations: notes().operations });
  open = await startServer({ operations: notes().operations, http: { corsOrigins: [page] } });
});
afterAll(async () => {
  await strict[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
});

const preflight = (server: TestServer, origin: string, path = '/v1/notes') =>
  server.call('OPTIONS', path, { headers: { origin, 'access-control-request-method': 'POST' } });

test('[MK-16 cors] no origin is allowed by default', async () => {
  const { status, headers } = await preflight(strict, page);
  expect([status, headers.get('allow')]).toEqual([204, 'OPTIONS, POST']);
  expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('[MK-16 cors] an allowed origin is compared exactly, never by wildcard and never with credentials', async () => {
  const { headers } = await preflight(open, page);
  expect(headers.get('access-control-allow-origin')).toBe(page);
  expect(headers.get('access-control-allow-methods')).toBe('OPTIONS, POST');
  expect(headers.get('access-control-allow-headers')).toMatch(/Authorization.*Idempotency-Key/);
  expect(headers.get('access-control-allow-credentials')).toBeNull();
  for (const other of [
    'https://app.example.evil',
    'http://app.example',
    'https://APP.example',
    'null',
    'https://app.example:444',
  ]) {
    const refused = await preflight(open, other);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    expect(refused.headers.get('access-control-allow-methods')).toBeNull();
    expect(refused.headers.get('vary')).toBe('Origin');
  }
});

test('errors carry the headers too, so that a page can read what went wrong', async () => {
  const answer = await open.call('GET', '/v1/notes/n1', { headers: { origin: page } });
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([401, page]);
  expect(answer.headers.get('access-control-expose-headers')).toMatch(/X-Correlation-Id/);
});

test('OPTIONS of an unknown path is 404; of a known one it names the methods', async () => {
  expect((await preflight(open, page, '/v1/nothing')).status).toBe(404);
  expect((await open.call('OPTIONS', '/v1/notes/n1')).headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH');
});

test('an origin with a wildcard or a path is refused at start', () => {
  for (const bad of ['*', 'https://*.example', 'app.example', 'https://app.example/', 'https://app.example/x'])
    expect(() => new Cors([bad])).toThrow(/is no origin/);
});
