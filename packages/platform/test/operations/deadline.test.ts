import { defineOperation } from '@reeve/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readEvents } from '../../src/events/index.ts';
import { bind } from '../../src/operations/index.ts';
import { startServer, type TestServer } from '../http/start-server.ts';

const wait = defineOperation({
  name: 'clocks.wait',
  summary: 'Wait, then commit',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/wait' },
  input: z.object({ ms: z.int(), heed: z.boolean().default(false) }),
  output: z.object({ waited: z.int() }),
});

let server: TestServer;
let key: string;
/** What the handler saw at its end, by correlation id. */
const ends = new Map<string, string>();

beforeAll(async () => {
  server = await startServer({
    settings: { operationTimeoutMs: 100 },
    operations: [
      bind(wait, async ({ ms, heed }, call) => {
        try {
          await delay(ms, undefined, heed ? { signal: call.signal } : {});
          await call.commit(
            { statements: [], events: [{ type: 'waited', tenant: 'acme', subject: 'clock', data: ms }] },
            { waited: ms },
          );
          ends.set(call.correlationId, 'committed');
        } catch (error) {
          ends.set(call.correlationId, (error as { code?: string }).code ?? 'unknown');
          throw error;
        }
        return { waited: ms };
      }),
    ],
  });
  key = await server.key('tasks:write');
});
afterAll(() => server[Symbol.asyncDispose]());

test('[FD-02 operation-time-out] an operation beyond its time is a typed time-out, and what was reported as not stored stays not stored', async () => {
  const answer = await server.call('POST', '/v1/wait', {
    key,
    body: { ms: 150 },
    headers: { 'x-correlation-id': 'ignores' },
  });
  expect([answer.status, answer.body.code]).toEqual([504, 'operation_timeout']);
  expect(answer.body.details).toEqual({ commit: 'notStarted' });
  await expect.poll(() => ends.get('ignores')).toBe('operation_timeout');
  const { events } = await readEvents(server.database, { after: 0, limit: 100 });
  expect(events.filter(({ type }) => type === 'waited')).toEqual([]);
});

test('[FD-02 operation-time-out] a handler that heeds its signal is told when its time is up', async () => {
  const headers = { 'x-correlation-id': 'heeds' };
  const answer = await server.call('POST', '/v1/wait', { key, body: { ms: 60_000, heed: true }, headers });
  expect(answer.status).toBe(504);
  await expect.poll(() => ends.get('heeds')).toBe('ABORT_ERR');
});

test('a handler learns that its caller has gone', async () => {
  const leaving = new AbortController();
  const request = fetch(`${server.url}/v1/wait`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-correlation-id': 'leaves' },
    body: JSON.stringify({ ms: 60_000, heed: true }),
    signal: leaving.signal,
  });
  const started = () => server.lines.some((line) => line['correlationId'] === 'leaves');
  await expect.poll(started).toBe(true);
  leaving.abort();
  await expect(request).rejects.toThrow();
  await expect.poll(() => ends.get('leaves')).toBe('ABORT_ERR');
  const ended = () => server.lines.find((line) => line['correlationId'] === 'leaves' && line['outcome'] !== undefined);
  await expect.poll(() => ended()?.['outcome']).toBe('request_cancelled');
});
