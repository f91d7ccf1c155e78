import { afterAll, beforeAll, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { startServer, type TestServer } from './start-server.ts';

const domain = notes();
let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await startServer({ operations: domain.operations });
  key = await server.key('tasks:*');
});
afterAll(() => server[Symbol.asyncDispose]());

test('[FD-01] a valid request is answered with the output, its status and a correlation id', async () => {
  const answer = await server.call('POST', '/v1/notes', { key, body: { text: 'Buy coal' } });
  expect(answer.status).toBe(201);
  expect(answer.body).toEqual({ id: 'n1', text: 'Buy coal', stars: 0 });
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
});
