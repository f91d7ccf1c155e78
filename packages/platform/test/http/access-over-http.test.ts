import { afterAll, beforeAll, expect, test } from 'vitest';
import { listAudit } from '../../src/audit/index.ts';
import { notes } from './notes.ts';
import { startServer, type TestServer } from './start-server.ts';

const domain = notes();
let server: TestServer;
const body = { text: 'Buy coal' };

beforeAll(async () => {
  server = await startServer({ operations: domain.operations });
});
afterAll(() => server[Symbol.asyncDispose]());

async function audited(correlationId: string) {
  await server.road.refusals.flush(false);
  const { items } = await listAudit(server.database, { limit: 500 });
  return items.filter((item) => item.correlationId === correlationId);
}

test('[FD-01 code status] without a key, with a wrong, expired or revoked one: 401 in the same words, and nothing is read', async () => {
  const good = await server.key('tasks:write');
  const wrong = good.slice(0, -4) + (good.endsWith('AAAA') ? 'BBBB' : 'AAAA');
  const keys = [wrong, 'rv_aaaaaaaaaaaa_' + 'A'.repeat(43), 'sk-other', ''];
  const answers = await Promise.all(keys.map((key) => server.call('POST', '/v1/notes', { key, body: '{not json' })));
  for (const answer of answers) {
    expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.body.detail).toBe('the credential is unknown, expired or revoked');
  }
  const none = await server.call('POST', '/v1/notes', { body });
  expect([none.status, none.body.detail]).toEqual([
    401,
    'no credential was sent; send an API key or an access token as `Authorization: Bearer …`',
  ]);
  expect(domain.all.size).toBe(0);
});

test('another scheme than Bearer does not count, X-Api-Key does', async () => {
  const key = await server.key('tasks:write');
  const basic = await server.call('POST', '/v1/notes', { body, headers: { authorization: `Basic ${key}` } });
  expect(basic.status).toBe(401);
  const header = await server.call('POST', '/v1/notes', { body, headers: { 'x-api-key': key } });
  expect(header.status).toBe(201);
  const lower = await server.call('POST', '/v1/notes', { body, headers: { authorization: `bearer ${key}` } });
  expect(lower.status).toBe(201);
});

test('[FD-01 code status] without the permission a write is 403 and names it, a read is 404 as if it were not there', async () => {
  const key = await server.key('agents:*');
  const size = domain.all.size;
  const write = await server.call('POST', '/v1/notes', { key, body, headers: { 'x-correlation-id': 'no-perm' } });
  expect([write.status, write.body.code, write.body.details]).toEqual([
    403,
    'forbidden',
    { permission: 'tasks:write' },
  ]);
  expect(domain.all.size).toBe(size);
  const read = await server.call('GET', '/v1/notes/n1', { key });
  const missing = await server.call('GET', '/v1/notes/n999', { key: await server.key('tasks:read') });
  expect([read.status, read.body.code]).toEqual([404, 'not_found']);
  expect([missing.status, missing.body.code]).toEqual([404, 'not_found']);
  expect(await audited('no-perm')).toMatchObject([
    { operation: 'notes.create', outcome: 'refused', tenant: 'acme', details: { code: 'forbidden' } },
  ]);
});

test('[FD-14 every-change] a write, its refusals and its failures are audited with actor and correlation id', async () => {
  const key = await server.key('tasks:*');
  const send = (id: string, path: string, method: string, sent: unknown) =>
    server.call(method, path, { key, body: sent, headers: { 'x-correlation-id': id } });
  await send('a-done', '/v1/notes', 'POST', body);
  await send('a-invalid', '/v1/notes', 'POST', { text: '' });
  await send('a-missing', '/v1/notes/n999', 'PATCH', { text: 'b' });
  await send('a-uncommitted', '/v1/notes/n1', 'PATCH', { text: 'c' });
  const actor = `key:${key.slice(3, 15)}`;
  await send('a-malformed', '/v1/notes', 'POST', '{"text"');
  expect(await audited('a-malformed')).toMatchObject([{ actor, operation: 'notes.create', outcome: 'refused' }]);
  expect(await audited('a-done')).toMatchObject([{ actor, outcome: 'done', target: expect.stringMatching(/^n/) }]);
  expect(await audited('a-invalid')).toMatchObject([{ actor, outcome: 'refused', details: { code: 'invalid_input' } }]);
  expect(await audited('a-missing')).toMatchObject([{ actor, outcome: 'refused', details: { code: 'not_found' } }]);
  // Its handler never calls commit; the record is written all the same, before the answer.
  expect(await audited('a-uncommitted')).toMatchObject([{ actor, operation: 'notes.rename', outcome: 'done' }]);
});

test('[FD-07 security] a wrong key is a security event in log and audit, also on a read; a missing one on a read is not', async () => {
  await server.road.refusals.flush();
  const headers = { 'x-correlation-id': 'guess-1' };
  await server.call('GET', '/v1/notes/n1', { key: 'rv_guess', headers });
  expect(await audited('guess-1')).toMatchObject([
    { actor: 'anonymous:127.0.0.1', details: { code: 'unauthenticated' } },
  ]);
  expect(
    server.lines.find((line) => line['correlationId'] === 'guess-1' && line['message'] === 'refused'),
  ).toMatchObject({
    level: 'info',
    operation: 'notes.show',
  });
  await server.road.refusals.flush();
  await server.call('GET', '/v1/notes/n1', { headers: { 'x-correlation-id': 'lost-1' } });
  expect(await audited('lost-1')).toEqual([]);
});

test('a flood without keys leaves two records a minute, and is counted', async () => {
  await server.road.refusals.flush();
  const before = (await listAudit(server.database, { limit: 500 })).items.length;
  await Promise.all(Array.from({ length: 300 }, () => server.call('POST', '/v1/notes', { body })));
  await server.road.refusals.flush();
  const { items } = await listAudit(server.database, { limit: 500 });
  const added = items.slice(0, items.length - before).filter((item) => item.details['code'] === 'unauthenticated');
  expect(added.length).toBe(2);
  expect(added[0]!.details).toMatchObject({ omitted: 299, kind: 'anonymous unauthenticated' });
  expect(await server.metrics.render()).toMatch(/reeve_requests_unauthenticated_total [3-9]\d\d/);
});

test('a revoked key stops at once, also on a connection where it was just used; an expired one at its time', async () => {
  const { text, id } = await server.access.ensureKey({ name: 'short', tenant: 'acme', permissions: ['tasks:read'] });
  const use = () => server.call('GET', '/v1/notes/n1', { key: text }).then(({ status }) => status);
  expect(await use()).toBe(200);
  server.access.keys.remember({ ...server.access.keys.find(id)!, expiresAtMs: server.clock.nowMs() + 60_000 });
  expect(await use()).toBe(200);
  server.clock.advance(60_000);
  expect(await use()).toBe(401);
  server.access.keys.remember({ ...server.access.keys.find(id)!, expiresAtMs: null });
  expect(await use()).toBe(200);
  server.access.keys.remember({ ...server.access.keys.find(id)!, revokedAtMs: server.clock.nowMs() });
  expect(await use()).toBe(401);
});
