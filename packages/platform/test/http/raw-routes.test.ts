import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { ReeveError } from '@reeve/kernel';
import type { RawRoute, UpgradeRoute } from '../../src/http/index.ts';
import { rawSocket } from './raw-socket.ts';
import { startServer, type TestServer } from './start-server.ts';

/** The error body of another system's dialect. */
const errorBody = (error: ReeveError, correlationId: string) => ({
  contentType: 'application/json',
  body: JSON.stringify({ error: { message: error.message, code: error.code, id: correlationId } }),
});

const routes: RawRoute[] = [
  {
    name: 'ticks.stream',
    method: 'GET',
    path: '/v1/ticks/{from}',
    access: 'events:read',
    handle(request, reply) {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.raw.write(`data: ${(request.params as { from: string }).from}\n\n`);
      request.visit.draining.addEventListener('abort', () => reply.raw.end('data: bye\n\n'));
      request.visit.signal.addEventListener('abort', () => left.push(request.visit.correlationId));
    },
  },
  {
    name: 'chat.use',
    method: 'POST',
    path: '/v1/chat/completions',
    access: 'chat:use',
    bodyLimitBytes: 1_000,
    errorBody,
    handle: (request, _reply, caller) => ({ said: request.body, by: caller.tenant }),
  },
  {
    name: 'lines.count',
    method: 'POST',
    path: '/v1/lines',
    access: 'tasks:write',
    body: 'stream',
    async handle(request) {
      let bytes = 0;
      for await (const chunk of request.raw) bytes += (chunk as Buffer).length;
      return { bytes, type: request.headers['content-type'] };
    },
  },
  {
    name: 'broken.route',
    method: 'GET',
    path: '/v1/broken',
    access: 'public',
    handle: () => {
      throw new Error('secret detail of a defect');
    },
  },
];
const left: string[] = [];
const websockets = new WebSocketServer({ noServer: true });
const upgrades: UpgradeRoute[] = [
  {
    name: 'agents.connect',
    path: '/v1/agents/connect',
    access: 'agents:connect',
    handle(message, socket, head, caller, { draining }) {
      websockets.handleUpgrade(message, socket, head, (ws) => {
        ws.send(`${caller.tenant} ${message.headers['sec-websocket-protocol'] ?? 'none'}`);
        draining.addEventListener('abort', () => ws.close(1001, 'draining'));
      });
    },
  },
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ routes, upgrades });
});
afterAll(() => server[Symbol.asyncDispose]());

describe('raw routes', () => {
  test('have the same authentication, limits, correlation id and errors as operations', async () => {
    const none = await server.call('GET', '/v1/ticks/1');
    expect([none.status, none.body.code]).toEqual([401, 'unauthenticated']);
    const unseen = await server.call('GET', '/v1/ticks/1', { key: await server.key('tasks:read') });
    expect([unseen.status, unseen.body.code]).toEqual([404, 'not_found']);
    const write = await server.call('POST', '/v1/lines', { key: await server.key('tasks:read'), body: {} });
    expect([write.status, write.body.code]).toEqual([403, 'forbidden']);
    expect(write.headers.get('ratelimit-limit')).not.toBeNull();
  });

  test('may answer errors in a form of their own, those of the kit included', async () => {
    const key = await server.key('chat:use');
    const path = '/v1/chat/completions';
    const cases = [
      await server.call('POST', path, { body: {} }),
      await server.call('POST', path, { key, body: '{' }),
      await server.call('POST', path, { key, body: { text: 'x'.repeat(2_000) } }),
      await server.call('POST', path, { key, body: 'a', headers: { 'content-type': 'text/plain' } }),
    ];
    expect(cases.map(({ status }) => status)).toEqual([401, 400, 413, 415]);
    for (const { body, headers } of cases) {
      expect(body.error).toMatchObject({ code: expect.any(String), id: headers.get('x-correlation-id') });
      expect(headers.get('content-type')).toMatch(/^application\/json/);
    }
    const answer = await server.call('POST', path, { key, body: { text: 'hello' } });
    expect(answer.body).toEqual({ said: { text: 'hello' }, by: 'acme' });
  });

  test('a stream body comes unread, whatever its type and size', async () => {
    const key = await server.key('tasks:write');
    const answer = await server.call('POST', '/v1/lines', {
      key,
      body: '{"a":1}\n'.repeat(300_000),
      headers: { 'content-type': 'application/x-ndjson' },
    });
    expect(answer.body).toEqual({ bytes: 2_400_000, type: 'application/x-ndjson' });
  });

  test('a defect shows nothing of itself, and is in the log under the correlation id', async () => {
    const answer = await server.call('GET', '/v1/broken', { headers: { 'x-correlation-id': 'defect-1' } });
    expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
    expect(answer.text).not.toMatch(/secret detail|\.ts|stack/);
    const line = server.lines.find((entry) => entry['correlationId'] === 'defect-1');
    expect(JSON.stringify(line)).toMatch(/secret detail of a defect/);
  });

  test('a stream has no HEAD, and learns when its reader leaves', async () => {
    const key = await server.key('events:read');
    expect((await server.call('HEAD', '/v1/ticks/1', { key })).status).toBe(405);
    const client = await rawSocket(server.port);
    client.send(`GET /v1/ticks/7 HTTP/1.1\r\nHost: a\r\nX-Correlation-Id: leaver\r\nX-Api-Key: ${key}\r\n\r\n`);
    expect(await client.received('data: 7')).toMatch(/200 OK/);
    client.socket.destroy();
    await expect.poll(() => left).toContain('leaver');
  });

  test('a stream is cut when its key is revoked', async () => {
    const { text, id } = await server.access.ensureKey({
      name: 'reader',
      tenant: 'acme',
      permissions: ['events:read'],
    });
    const client = await rawSocket(server.port);
    client.send(`GET /v1/ticks/8 HTTP/1.1\r\nHost: a\r\nX-Api-Key: ${text}\r\n\r\n`);
    await client.received('data: 8');
    server.access.keys.remember({ ...server.access.keys.find(id)!, revokedAtMs: server.clock.nowMs() });
    expect(await client.closed()).toMatch(/data: 8\s+$/);
  });
});

describe('upgrades', () => {
  const url = () => `ws://127.0.0.1:${server.port}/v1/agents/connect`;

  async function refusal(
    address: string,
    options: object,
    protocols: string[] = [],
  ): Promise<{ status: number; body: string }> {
    const ws = new WebSocket(address, protocols, options);
    ws.on('error', () => undefined);
    const [, response] = (await once(ws, 'unexpected-response')) as [unknown, IncomingMessage];
    let body = '';
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode ?? 0, body };
  }

  test('are authenticated before the handshake: by header, or in browsers by a subprotocol that is never echoed', async () => {
    const key = await server.key('agents:connect');
    const byHeader = new WebSocket(url(), ['reeve.agent.v1'], { headers: { authorization: `Bearer ${key}` } });
    const [first] = (await once(byHeader, 'message')) as [Buffer];
    expect(String(first)).toBe('acme reeve.agent.v1');
    const byProtocol = new WebSocket(url(), [`reeve.key.${key}`, 'reeve.agent.v1']);
    const [second] = (await once(byProtocol, 'message')) as [Buffer];
    expect(String(second)).toBe('acme reeve.agent.v1');
    expect(byProtocol.protocol).toBe('reeve.agent.v1');
    byHeader.terminate();
    byProtocol.terminate();
  });

  test('without a key, the permission, a known path, or from a foreign page they are refused as problems', async () => {
    const key = await server.key('agents:connect');
    const weak = await server.key('tasks:read');
    const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
    const cases = [
      await refusal(url(), {}),
      await refusal(url(), { headers: bearer(weak) }),
      await refusal(url().replace('connect', 'elsewhere'), { headers: bearer(key) }),
      await refusal(url(), { headers: { ...bearer(key), origin: 'https://evil.example' } }),
    ];
    expect(cases.map(({ status }) => status)).toEqual([401, 403, 404, 403]);
    expect(cases.map(({ body }) => (JSON.parse(body) as { code: string }).code)).toEqual([
      'unauthenticated',
      'forbidden',
      'not_found',
      'origin_not_allowed',
    ]);
  });

  test('a socket is cut when its key is revoked', async () => {
    const { text, id } = await server.access.ensureKey({
      name: 'agent',
      tenant: 'acme',
      permissions: ['agents:connect'],
    });
    const ws = new WebSocket(url(), ['reeve.agent.v1'], { headers: { authorization: `Bearer ${text}` } });
    await once(ws, 'message');
    const closed = once(ws, 'close');
    server.access.keys.remember({ ...server.access.keys.find(id)!, revokedAtMs: server.clock.nowMs() });
    expect((await closed)[0]).toBe(1006);
  });

  test('a plain request to such a path is told what it speaks', async () => {
    const answer = await server.call('GET', '/v1/agents/connect', { key: await server.key('agents:connect') });
    expect([answer.status, answer.body.detail]).toEqual([
      404,
      '/v1/agents/connect speaks WebSocket only; send an upgrade',
    ]);
  });

  test('an ordinary request that offers another protocol gets its ordinary answer', async () => {
    const client = await rawSocket(server.port);
    client.send('GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    expect(await client.received('HTTP/1.1 200')).toMatch(/HTTP\/1.1 200/);
    client.socket.destroy();
  });
});

test('a taken port says by which process, and what to do', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as { port: number };
  const failure = await startServer({ port }).catch((error: unknown) => error as ReeveError);
  expect(failure).toMatchObject({ code: 'port_in_use', details: { port, pid: process.pid } });
  expect((failure as ReeveError).message).toMatch(
    new RegExp(`^port ${port} .* process ${process.pid} .*; stop it .*REEVE_PORT=${port + 1}$`),
  );
  holder.close();
});
