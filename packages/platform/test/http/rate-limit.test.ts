import { afterAll, beforeAll, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { startServer, type TestServer } from './start-server.ts';

let server: TestServer;

beforeAll(async () => {
  const limits = { identity: { capacity: 5, perSecond: 0.5 }, anonymous: { capacity: 3, perSecond: 0.5 } };
  server = await startServer({ operations: notes().operations, limits });
});
afterAll(() => server[Symbol.asyncDispose]());

const post = (key: string) => server.call('POST', '/v1/notes', { key, body: { text: 'a' } });

test('[MK-16 limits] over its limit an identity gets 429 with Retry-After, others are not concerned, and waiting helps', async () => {
  const [mine, other] = [await server.key('tasks:write'), await server.key('tasks:write')];
  const first = await post(mine);
  expect(first.headers.get('ratelimit-limit')).toBe('5');
  expect(first.headers.get('ratelimit-remaining')).toBe('4');
  expect(first.headers.get('ratelimit-reset')).toBe('2');
  for (let request = 0; request < 4; request++) expect((await post(mine)).status).toBe(201);
  const refused = await post(mine);
  expect([refused.status, refused.body.code, refused.body.retryable]).toEqual([429, 'rate_limited', true]);
  expect(Number(refused.headers.get('retry-after'))).toBe(2);
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect((await post(other)).status).toBe(201);
  server.clock.advance(2_000);
  expect((await post(mine)).status).toBe(201);
});

test('[MK-16 limits] wrong keys are limited by address, so guessing does not pay', async () => {
  const statuses = [];
  for (let guess = 0; guess < 6; guess++) statuses.push((await post(`rv_${'a'.repeat(12)}_${'A'.repeat(43)}`)).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
  expect((await server.call('GET', '/v1/nothing')).status).toBe(429);
  expect((await server.call('GET', '/health/live')).status).toBe(200);
});

test('behind a proxy the address is the one that the proxy added, never one that the caller sent', async () => {
  const limits = { identity: { capacity: 5, perSecond: 1 }, anonymous: { capacity: 1, perSecond: 0.001 } };
  const from = (made: TestServer, forwarded: string) =>
    made.call('GET', '/v1/nothing', { headers: { 'x-forwarded-for': forwarded } }).then(({ status }) => status);
  await using proxied = await startServer({ limits, http: { trustProxy: true } });
  expect(await from(proxied, '10.0.0.1')).toBe(404);
  expect(await from(proxied, '6.6.6.6, 10.0.0.1')).toBe(429);
  expect(await from(proxied, '10.0.0.2')).toBe(404);
  await using direct = await startServer({ limits });
  expect(await from(direct, '10.0.0.1')).toBe(404);
  expect(await from(direct, '10.0.0.2')).toBe(429);
});
