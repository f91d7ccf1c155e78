import { defineOperation } from '@reeve/kernel';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { bind } from '../../src/operations/index.ts';
import { notes } from './notes.ts';
import { parseResponse, rawSocket } from './raw-socket.ts';
import { startServer } from './start-server.ts';

const hold = defineOperation({
  name: 'doors.hold',
  summary: 'Hold until told',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/hold' },
  input: z.object({}),
  output: z.object({ held: z.boolean() }),
});

test('[FD-08 live ready details] live, ready and details tell the state of each dependency', async () => {
  await using server = await startServer();
  expect((await server.call('GET', '/health/live')).body).toEqual({ live: true });
  expect(await server.call('GET', '/health/ready')).toMatchObject({ status: 200, body: { ready: true, reasons: [] } });
  const details = await server.call('GET', '/health/details', { key: await server.key('health:read') });
  expect(details.body).toMatchObject({
    ready: true,
    version: '0.0.0-test',
    dependencies: [{ name: 'database', critical: true, ok: true, facts: { kind: 'sqlite' } }],
  });
  expect((await server.call('GET', '/health/details')).status).toBe(401);
});

test('[FD-08 ready] a critical dependency that fails, throws or hangs makes it not ready; others do not', async () => {
  await using server = await startServer();
  server.health.register({ name: 'optional', critical: false, check: () => ({ ok: false, reason: 'away' }) });
  server.clock.advance(1_000);
  expect((await server.call('GET', '/health/ready')).status).toBe(200);
  server.health.register({ name: 'broken', critical: true, check: () => Promise.reject(new Error('no route')) });
  server.health.register({ name: 'hanging', critical: true, check: () => new Promise(() => undefined) });
  server.clock.advance(1_000);
  const answer = await server.call('GET', '/health/ready');
  expect([answer.status, answer.body.reasons]).toEqual([
    503,
    ['broken: no route', 'hanging: did not answer within 2000 ms'],
  ]);
  expect((await server.call('GET', '/health/live')).status).toBe(200);
});

test('[FD-08] stopping lets requests under way end, refuses what comes after, says so in ready, and closes', async () => {
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  await using server = await startServer({
    operations: [
      bind(hold, async (_input, call) => {
        await released;
        await call.commit({ statements: [] }, { held: true });
        return { held: true };
      }),
    ],
  });
  const key = await server.key('tasks:write');
  const holding = server.call('POST', '/v1/hold', { key, body: {} });
  const idle = await rawSocket(server.port);
  const busy = await rawSocket(server.port);
  const post = `POST /v1/hold HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n`;
  busy.send(post);
  idle.send('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n');
  await idle.received('live');
  await expect.poll(() => server.lines.filter((line) => line['message'] === 'operation started').length).toBe(1);

  // Ready is asked over a connection whose request is still being sent: no new one is accepted any more.
  const probing = await rawSocket(server.port);
  probing.send('GET /health/ready HTTP/1.1\r\nHost: a\r\n');
  const stopped = server.lifecycle.stop('test');
  probing.send('\r\n');
  const ready = parseResponse(await probing.closed());
  expect(ready).toMatchObject({ status: 503, body: { ready: false, reasons: [expect.stringMatching(/^draining/)] } });
  busy.send('{}');
  release();
  expect((await holding).body).toEqual({ held: true });
  expect((await holding).headers.get('connection')).toBe('close');
  // Its headers were in before the stop, so it was under way: it ends well too.
  expect(await busy.closed()).toMatch(/^HTTP\/1.1 200/);
  await idle.closed();
  expect(await stopped).toEqual([]);
  await expect(fetch(server.url)).rejects.toThrow();
});

test('[FD-08] a new request over an open connection is refused while stopping', async () => {
  let release = () => undefined as void;
  const released = new Promise<void>((resolve) => (release = resolve));
  await using server = await startServer({ operations: notes().operations });
  server.lifecycle.onStop('intake', 'test', () => released);
  const key = await server.key('tasks:write');
  const client = await rawSocket(server.port);
  // Kept from being idle by a request whose headers are not complete yet.
  client.send(`POST /v1/notes HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${key}\r\n`);
  const stopped = server.lifecycle.stop('test');
  client.send('Content-Type: application/json\r\nContent-Length: 12\r\n\r\n{"text":"a"}');
  const { status, body } = parseResponse(await client.closed());
  expect([status, body['code'], body['retryable']]).toEqual([503, 'shutting_down', true]);
  release();
  await stopped;
});

test('[FD-08] streams and sockets are told; what does not end in time is cut and reported in the log', async () => {
  const websockets = new WebSocketServer({ noServer: true });
  await using server = await startServer({
    http: { drainMs: 200 },
    routes: [
      {
        name: 'polite.stream',
        method: 'GET',
        path: '/v1/polite',
        access: 'public',
        handle(request, reply) {
          reply.hijack();
          reply.raw.writeHead(200).write('hello ');
          request.visit.draining.addEventListener('abort', () => reply.raw.end('bye'));
        },
      },
      {
        name: 'deaf.stream',
        method: 'GET',
        path: '/v1/deaf',
        access: 'public',
        handle(_request, reply) {
          reply.hijack();
          reply.raw.writeHead(200).write('hello ');
        },
      },
    ],
    upgrades: [
      {
        name: 'agents.connect',
        path: '/v1/connect',
        access: 'agents:connect',
        handle: (message, socket, head, _caller, { draining }) =>
          websockets.handleUpgrade(message, socket, head, (ws) => {
            ws.send('open');
            draining.addEventListener('abort', () => ws.close(1001, 'draining'));
          }),
      },
    ],
  });
  const key = await server.key('agents:connect');
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}/v1/connect`, { headers: { 'x-api-key': key } });
  await once(ws, 'message');
  const wsClosed = once(ws, 'close');
  const polite = await fetch(`${server.url}/v1/polite`);
  const deaf = await fetch(`${server.url}/v1/deaf`);
  const stopped = server.lifecycle.stop('test');
  expect(await polite.text()).toBe('hello bye');
  expect((await wsClosed)[0]).toBe(1001);
  await expect(deaf.text()).rejects.toThrow();
  expect(await stopped).toEqual([]);
  expect(server.lines.some((line) => line['message'] === 'requests did not end in time and are cut off')).toBe(true);
});
