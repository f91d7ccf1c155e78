import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { readTls } from '../../src/http/index.ts';
import { selfSigned } from './self-signed.ts';
import { startServer } from './start-server.ts';

const tls = selfSigned();

test('with a certificate HTTPS and WSS are served, and nothing in clear', async () => {
  const sockets = new WebSocketServer({ noServer: true });
  await using server = await startServer({
    tls,
    upgrades: [
      {
        path: '/v1/echo',
        name: 'echo.connect',
        access: 'agents:connect',
        handle: (message, socket, head) =>
          sockets.handleUpgrade(message, socket, head, (client) => client.on('message', (data) => client.send(data))),
      },
    ],
  });
  expect(server.url).toMatch(/^https:/);
  const secure = request(`${server.url}/health/live`, { ca: tls.certificate }).end();
  const [answer] = (await once(secure, 'response')) as [IncomingMessage];
  expect([answer.statusCode, await text(answer)]).toEqual([200, expect.any(String)]);
  const key = await server.key('agents:connect');
  const socket = new WebSocket(`${server.url.replace('https', 'wss')}/v1/echo`, {
    ca: tls.certificate,
    headers: { authorization: `Bearer ${key}` },
  });
  await once(socket, 'open');
  socket.send('over TLS');
  const [echoed] = (await once(socket, 'message')) as [Buffer];
  expect(echoed.toString()).toBe('over TLS');
  socket.terminate();
  await expect(fetch(`${server.url.replace('https', 'http')}/health/live`)).rejects.toThrow('fetch failed');
  await expect(fetch(`${server.url}/health/live`), 'nobody trusts it unasked').rejects.toThrow('fetch failed');
  const old = connect({ port: server.port, ca: tls.certificate, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' });
  const [refusal] = (await once(old, 'error')) as [Error];
  expect(refusal.message).toMatch(/protocol|alert|no protocols/i);
});

test('a certificate that cannot be served fails the start, without telling the key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const good = file('good.pem', tls.certificate);
  expect(await readTls(good, tls.key, Date.now())).toEqual(tls);
  const other = selfSigned();
  const cases: Array<[string, string, string, number]> = [
    [join(folder, 'missing.pem'), tls.key, 'cannot be read', Date.now()],
    [file('bad.pem', 'hello'), tls.key, 'is no certificate', Date.now()],
    [good, 'hello', 'is no private key', Date.now()],
    [good, other.key, 'is not the key of the certificate', Date.now()],
    [good, tls.key, 'has expired', Date.now() + 2 * 86_400_000],
  ];
  for (const [path, key, complaint, nowMs] of cases) {
    const error = (await readTls(path, key, nowMs).catch((thrown: unknown) => thrown)) as Error & { code: string };
    expect([error.code, error.message]).toEqual(['tls_unusable', expect.stringContaining(complaint)]);
    expect(error.message).not.toContain(key);
  }
});
