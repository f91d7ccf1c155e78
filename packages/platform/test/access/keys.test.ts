import { readdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAccess, keyOperations } from '../../src/access/index.ts';
import { AuditHeads, listAudit, newHeadKeyText, parseHeadKeys } from '../../src/audit/index.ts';
import { auditOperations } from '../../src/audit-ops/index.ts';
import { readEvents } from '../../src/events/index.ts';
import { createLogger } from '../../src/log/index.ts';
import { startServer, type TestServer } from '../http/start-server.ts';

let server: TestServer;
let owner: string;
const headKeys = parseHeadKeys(newHeadKeyText(), 'key');
const idOf = (key: string) => key.slice(3, 15);

beforeEach(async () => {
  server = await startServer({
    bindOn: ({ access, database, clock, folder }) => [
      ...keyOperations({ access, database, clock }),
      ...auditOperations({
        database,
        heads: new AuditHeads({ database, clock, keys: headKeys, path: join(folder, 'heads') }),
      }),
    ],
  });
  owner = await server.key('*');
});
afterEach(() => server[Symbol.asyncDispose]());

const create = (body: object, key = owner, headers: Record<string, string> = {}) =>
  server.call('POST', '/v1/keys', { key, body, headers });
const revoke = (id: string, key = owner, query = '') => server.call('POST', `/v1/keys/${id}/revoke${query}`, { key });
const works = async (key: string) => (await server.call('GET', '/v1/keys', { key })).status === 200;

describe('creating', () => {
  test('a key is shown once, works at once, and only its hash is kept', async () => {
    const made = await create({ name: 'batch', permissions: ['keys:read', 'keys:read'] });
    expect(made.status).toBe(201);
    expect(made.body.apiKey).toMatch(/^rv_[a-z0-9]{12}_[A-Za-z0-9_-]{43}$/);
    expect(made.body).toMatchObject({ name: 'batch', tenant: 'acme', permissions: ['keys:read'], state: 'active' });
    expect(await works(made.body.apiKey)).toBe(true);
    const shown = await server.call('GET', `/v1/keys/${made.body.id}`, { key: owner });
    expect(shown.body).not.toHaveProperty('apiKey');
    expect(shown.body.createdBy).toBe(`key:${idOf(owner)}`);
  });

  test('[HB-09 idempotency] repeated with its idempotency key it makes one key, and the secret is not told again', async () => {
    const first = await create({ name: 'once', permissions: ['keys:read'] }, owner, { 'idempotency-key': 'k' });
    const again = await create({ name: 'once', permissions: ['keys:read'] }, owner, { 'idempotency-key': 'k' });
    expect(again.body.id).toBe(first.body.id);
    expect(again.body).not.toHaveProperty('apiKey');
    const { apiKey: _, ...rest } = first.body as Record<string, unknown>;
    expect(again.body).toEqual(rest);
  });

  test('[FD-03 canary] no secret is in the database, the log, the audit records or the events', async () => {
    const made = await create({ name: 'canary', permissions: ['keys:read'] }, owner, { 'idempotency-key': 'c' });
    await works(made.body.apiKey);
    const secret = (made.body.apiKey as string).slice(16);
    const files = await readdir(server.folder);
    const contents = await Promise.all(
      files.filter((name) => name.startsWith('reeve.db')).map((name) => readFile(`${server.folder}/${name}`)),
    );
    const hash = createHash('sha256').update(secret).digest();
    expect(contents.some((bytes) => bytes.includes(hash))).toBe(true);
    expect(contents.some((bytes) => bytes.includes(secret))).toBe(false);
    expect(JSON.stringify(server.lines)).not.toContain(secret);
    // The answer that is kept for repetitions is stored sealed: what it holds shows when it is given again.
    const again = await create({ name: 'canary', permissions: ['keys:read'] }, owner, { 'idempotency-key': 'c' });
    expect(again.body).toMatchObject({ name: 'canary', id: made.body.id });
    expect(JSON.stringify(again.body)).not.toContain(secret);
    const { events } = await readEvents(server.database, { after: 0, limit: 100 });
    expect(events.map(({ type }) => type)).toContain('key.created');
    expect(JSON.stringify([events, (await listAudit(server.database, { limit: 100 })).items])).not.toContain(secret);
  });

  test('an unknown permission is refused with the nearest, at its place in the list', async () => {
    const answer = await create({ name: 'typo', permissions: ['tasks:read', 'task:write', 'fly:high'] });
    expect(answer.status).toBe(422);
    expect(answer.body.issues).toEqual([
      { path: ['permissions', 1], message: expect.stringContaining('did you mean tasks:write') },
      { path: ['permissions', 2], message: 'there is no permission "fly:high"' },
    ]);
  });

  test('nobody gives more than they have: not a permission, not a wildcard, not another tenant', async () => {
    const lesser = await server.key('keys:*', 'tasks:read', 'tasks:write');
    for (const permissions of [['*'], ['agents:read'], ['tasks:*'], ['tasks:read', 'audit:read']]) {
      const answer = await create({ name: 'more', permissions }, lesser);
      expect([answer.status, answer.body.code]).toEqual([403, 'forbidden']);
    }
    const elsewhere = await create({ name: 'more', permissions: ['tasks:read'], tenant: 'umbrella' }, lesser);
    expect([elsewhere.status, elsewhere.body.details]).toEqual([403, { permission: 'tenants:any' }]);
    const allowed = await create({ name: 'equal', permissions: ['tasks:read', 'keys:write'] }, lesser);
    expect(allowed.status).toBe(201);
    const byOwner = await create({ name: 'else', permissions: ['tasks:read'], tenant: 'umbrella' });
    expect([byOwner.status, byOwner.body.tenant]).toEqual([201, 'umbrella']);
  });

  test('a key expires when it was told to', async () => {
    const made = await create({ name: 'short', permissions: ['keys:read'], expiresInMs: 60_000 });
    expect(await works(made.body.apiKey)).toBe(true);
    server.clock.advance(60_000);
    expect((await server.call('GET', '/v1/keys', { key: made.body.apiKey })).status).toBe(401);
    const listed = await server.call('GET', '/v1/keys?ended=true', { key: owner });
    expect(listed.body.items.find((item: { id: string }) => item.id === made.body.id).state).toBe('expired');
  });
});

describe('reading', () => {
  test('lists page by page, one tenant unless any may be seen, ended ones only when asked for', async () => {
    const mine = await server.key('keys:read');
    await server.keyOf('umbrella', 'keys:read');
    for (let count = 0; count < 4; count++) await create({ name: `k${count}`, permissions: ['keys:read'] });
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await server.call('GET', `/v1/keys?limit=2${cursor}`, { key: mine });
      expect(page.body.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.body.items.map((item: { id: string }) => item.id));
      cursor = page.body.nextCursor ? `&cursor=${page.body.nextCursor}` : '';
    } while (cursor !== '');
    expect(seen.length).toBe(6);
    expect(new Set(seen).size).toBe(6);
    const all = await server.call('GET', '/v1/keys', { key: owner });
    expect(all.body.items.length).toBe(7);
    await revoke(idOf(mine));
    expect((await server.call('GET', '/v1/keys', { key: owner })).body.items.length).toBe(6);
    expect((await server.call('GET', '/v1/keys?ended=true', { key: owner })).body.items.length).toBe(7);
    expect((await server.call('GET', '/v1/keys?cursor=NOPE', { key: owner })).status).toBe(400);
  });

  test('a key of another tenant looks like none', async () => {
    const stranger = await server.keyOf('umbrella', 'keys:*');
    const shown = await server.call('GET', `/v1/keys/${idOf(owner)}`, { key: stranger });
    const revoked = await revoke(idOf(owner), stranger);
    expect([shown.status, revoked.status]).toEqual([404, 404]);
    expect(await works(owner)).toBe(true);
  });
});

describe('revoking', () => {
  test('[FD-01 status] it stops working at once, stays revoked after a restart, and the check says so', async () => {
    const { body } = await create({ name: 'leaked', permissions: ['keys:read'] });
    expect(await works(body.apiKey)).toBe(true);
    const answer = await revoke(body.id);
    expect([answer.status, answer.body.state]).toEqual([200, 'revoked']);
    expect((await server.call('GET', '/v1/keys', { key: body.apiKey })).status).toBe(401);
    const log = createLogger({ destination: { write: () => undefined } });
    await using restarted = await createAccess({ database: server.database, clock: server.clock, log });
    expect(restarted.authenticate(body.apiKey)).toBeUndefined();
    expect(restarted.authenticate(owner)?.identity).toBe(`key:${idOf(owner)}`);
    const { items } = await listAudit(server.database, { limit: 10, operation: 'keys.revoke' });
    expect(items.map(({ details }) => details['stage'] ?? 'run')).toEqual(['verified', 'run']);
    expect(items[0]!.details['evidence']).toEqual({ storedAsRevoked: true, letIn: false });
    expect((await revoke(body.id)).body.state).toBe('revoked');
  });

  test('a dry run shows what would go, and changes nothing', async () => {
    const { body } = await create({ name: 'safe', permissions: ['keys:read'] });
    const plan = await revoke(body.id, owner, '?dryRun=true');
    expect(plan.body).toMatchObject({
      plan: { effects: [{ verb: 'revoke', target: 'key', id: body.id, count: 1, atMost: 1 }] },
      guards: [{ guard: 'key-managers-remain', verdict: 'pass' }],
      approvedInAdvance: true,
    });
    expect(await works(body.apiKey)).toBe(true);
  });

  test('the last key that manages keys cannot be revoked; with another one it can', async () => {
    const denied = await revoke(idOf(owner));
    expect([denied.status, denied.body.code]).toEqual([403, 'guard_denied']);
    expect(denied.body.details.guards[0]).toMatchObject({ measured: { otherKeysThatManageKeys: 0 }, verdict: 'deny' });
    await create({ name: 'of another tenant', permissions: ['keys:write'], tenant: 'umbrella' });
    expect((await revoke(idOf(owner))).status).toBe(403);
    const short = await create({ name: 'soon over', permissions: ['keys:*'], expiresInMs: 1_000 });
    server.clock.advance(1_000);
    expect((await revoke(idOf(owner))).status).toBe(403);
    expect(short.status).toBe(201);
    await create({ name: 'another', permissions: ['keys:*'] });
    expect((await revoke(idOf(owner))).status).toBe(200);
    expect(await works(owner)).toBe(false);
  });

  test('of the last two, revoked at the same moment, one remains', async () => {
    for (let round = 0; round < 5; round++) {
      const other = (await create({ name: 'other', permissions: ['*'] })).body.apiKey as string;
      const answers = await Promise.all([revoke(idOf(owner), other), revoke(idOf(other), owner)]);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403]);
      expect(new Set([await works(owner), await works(other)])).toEqual(new Set([true, false]));
      if (!(await works(owner))) owner = other;
    }
  });
});

test('ensureKey keeps the key that still fits, and replaces what does not', async () => {
  const grant = { name: 'dev', tenant: 'default', permissions: ['*'] };
  const first = await server.access.ensureKey(grant);
  const kept = await server.access.ensureKey(grant, first.text);
  expect(kept).toEqual({ id: first.id, text: first.text, created: false });
  const narrower = await server.access.ensureKey({ ...grant, permissions: ['tasks:read'] }, first.text);
  expect(narrower.created).toBe(true);
  expect(server.access.authenticate(first.text)).toBeUndefined();
  const lost = await server.access.ensureKey({ ...grant, permissions: ['tasks:read'] });
  expect(server.access.authenticate(narrower.text)).toBeUndefined();
  expect(server.access.authenticate(lost.text)?.permissions).toEqual(['tasks:read']);
  expect((await server.access.ensureKey(grant, 'rv_nonsense')).created).toBe(true);
});

test('when a key was last used is shown at once and written once a while, not per request', async () => {
  const commits = () => server.database.status().units;
  await works(owner);
  const before = commits();
  for (let use = 0; use < 20; use++) await works(owner);
  expect(commits()).toBe(before);
  const { body } = await server.call('GET', `/v1/keys/${idOf(owner)}`, { key: owner });
  expect(server.clock.nowMs() - body.lastUsedAtMs).toBeLessThan(30_000);
  await server.access.keys.flushLastUsed();
  expect(commits()).toBe(before + 1);
  const log = createLogger({ destination: { write: () => undefined } });
  await using restarted = await createAccess({ database: server.database, clock: server.clock, log });
  expect(restarted.keys.lastUsedAtMs(idOf(owner))).toBe(body.lastUsedAtMs);
});

test('[FD-14 verify] audit.list shows a tenant its own records, and audit.verify compares with every head that was exported', async () => {
  const auditor = await server.keyOf('umbrella', 'audit:read');
  await create({ name: 'a', permissions: ['keys:read'] });
  const all = await server.call('GET', '/v1/audit?operation=keys.create', { key: owner });
  expect(all.body.items.some((item: { tenant: string }) => item.tenant === 'acme')).toBe(true);
  const own = await server.call('GET', '/v1/audit', { key: auditor });
  expect(new Set(own.body.items.map((item: { tenant: string }) => item.tenant))).toEqual(new Set(['umbrella']));
  const exported = await server.call('POST', '/v1/audit/heads', { key: owner });
  const verdict = await server.call('GET', '/v1/audit/verify', { key: owner });
  expect(verdict.body).toMatchObject({ ok: true, head: { sequence: verdict.body.records } });
  const verify = (heads: object[]) => server.call('POST', '/v1/audit/verify', { key: owner, body: { heads } });
  expect((await verify([exported.body])).body).toMatchObject({ ok: true });
  const forged = await verify([{ ...exported.body, sequence: exported.body.sequence + 3 }]);
  expect([forged.status, forged.body.code]).toEqual([422, 'head_not_genuine']);
});
