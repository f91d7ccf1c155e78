import { uuidv7, defineOperation } from '@reeve/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { listAudit } from '../../src/audit/index.ts';
import { readEvents } from '../../src/events/index.ts';
import {
  bind,
  createRoad,
  defaultRateLimits,
  type BoundOperation,
  type RoadRequest,
} from '../../src/operations/index.ts';
import { pruneExpiredAnswers } from '../../src/operations/prune-answers.ts';
import { createLogger } from '../../src/log/index.ts';
import { createMetrics } from '../../src/metrics/index.ts';
import { startServer, type TestServer } from '../http/start-server.ts';

const dig = defineOperation({
  name: 'pits.dig',
  summary: 'Dig a pit',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/pits', status: 201 },
  input: z.object({ depth: z.int(), at: z.object({ x: z.int(), y: z.int() }).optional() }),
  output: z.object({ id: z.string(), depth: z.int() }),
});
const fill = defineOperation({
  name: 'pits.fill',
  summary: 'Fill a pit; its handler keeps its effect elsewhere',
  access: 'tasks:write',
  effect: 'write',
  http: { method: 'POST', path: '/v1/pits/fill' },
  input: z.object({ depth: z.int() }),
  output: z.object({ filled: z.int() }),
});

let server: TestServer;
let key: string;
let digs = 0;
let fills = 0;
let failNext = false;

function pits(pauseMs = 0): BoundOperation[] {
  return [
    bind(dig, async ({ depth }, call) => {
      digs += 1;
      await delay(pauseMs);
      if (failNext) {
        failNext = false;
        throw new Error('the spade broke');
      }
      const answer = { id: uuidv7(), depth };
      const event = { type: 'pit.dug', tenant: call.caller.tenant, subject: 'pits', data: answer };
      await call.commit({ statements: [], events: [event] }, answer);
      return answer;
    }),
    bind(fill, async ({ depth }) => {
      fills += depth;
      return { filled: fills };
    }),
  ];
}

beforeAll(async () => {
  server = await startServer({ operations: pits(20) });
  key = await server.key('tasks:write');
});
afterAll(() => server[Symbol.asyncDispose]());

const send = (idempotencyKey: string, body: unknown, path = '/v1/pits', as = key) =>
  server.call('POST', path, { key: as, body, headers: { 'idempotency-key': idempotencyKey } });

async function eventsDug(): Promise<number> {
  const { events } = await readEvents(server.database, { after: 0, limit: 1_000, filter: { types: ['pit.dug'] } });
  return events.length;
}

test('[HB-09 idempotency] the same key and body get the same answer, with one effect and one audit record', async () => {
  const before = await eventsDug();
  const first = await send('k1', { depth: 2, at: { x: 1, y: 2 } });
  const again = await send('k1', { at: { y: 2, x: 1 }, depth: 2 });
  expect([first.status, again.status]).toEqual([201, 201]);
  expect(again.body).toEqual(first.body);
  expect(first.headers.get('idempotency-replayed')).toBeNull();
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await eventsDug()).toBe(before + 1);
});

test('[HB-09 idempotency] the same key with another body is 409, and changes nothing', async () => {
  const before = await eventsDug();
  await send('k2', { depth: 2 });
  const other = await send('k2', { depth: 3 });
  expect([other.status, other.body.code]).toEqual([409, 'idempotency_conflict']);
  expect(await eventsDug()).toBe(before + 1);
});

test('[HB-09 idempotency] of many at once with one key exactly one has an effect, and all get its answer', async () => {
  const before = { digs, events: await eventsDug() };
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('k3', { depth: 5 })));
  expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
  expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null).length).toBe(1);
  expect(answers.every(({ status }) => status === 201)).toBe(true);
  expect(digs).toBe(before.digs + 1);
  expect(await eventsDug()).toBe(before.events + 1);
});

test('[HB-09 idempotency] one that is on its way refuses another body at once', async () => {
  const [first, other] = await Promise.all([send('k4', { depth: 1 }), send('k4', { depth: 9 })]);
  const statuses = [first.status, other.status].toSorted((a, b) => a - b);
  expect(statuses).toEqual([201, 409]);
});

test('[HB-09 idempotency] keys of other tenants and of other operations are other keys', async () => {
  const other = await server.keyOf('umbrella', 'tasks:write');
  const mine = await send('k5', { depth: 1 });
  const theirs = await send('k5', { depth: 2 }, '/v1/pits', other);
  const filled = await send('k5', { depth: 7 }, '/v1/pits/fill');
  expect([mine.status, theirs.status, filled.status]).toEqual([201, 201, 200]);
  expect(theirs.headers.get('idempotency-replayed')).toBeNull();
});

test('[HB-09 idempotency] a failed request is not an answer: the same key tries again', async () => {
  failNext = true;
  const failed = await send('k6', { depth: 1 });
  expect([failed.status, failed.body.code]).toEqual([500, 'internal']);
  expect(failed.text).not.toMatch(/spade|at .*\.ts/);
  const second = await send('k6', { depth: 1 });
  expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([201, null]);
});

test('[HB-09 idempotency] a handler that commits nothing itself has its answer kept too', async () => {
  const first = await send('k7', { depth: 4 }, '/v1/pits/fill');
  const again = await send('k7', { depth: 4 }, '/v1/pits/fill');
  expect(again.body).toEqual(first.body);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
});

test('[HB-09 idempotency] two processes with one key: the unique record decides, the loser undoes its unit and answers the same', async () => {
  const before = await eventsDug();
  // Another road over the same database knows nothing of what is on its way here.
  const log = createLogger({ destination: { write: () => undefined } });
  const other = createRoad({
    database: server.database,
    clock: server.clock,
    log,
    metrics: createMetrics({ defaultMetrics: false }),
    limits: defaultRateLimits,
  });
  const [bound] = pits(20) as [BoundOperation];
  const request = (correlationId: string): RoadRequest => ({
    caller: server.access.authenticate(key),
    credentialSent: true,
    address: '127.0.0.1',
    correlationId,
    signal: AbortSignal.timeout(10_000),
    idempotencyKey: 'k8',
  });
  const [here, there] = await Promise.all([
    server.road.invoke(bound, { depth: 8 }, request('here')),
    other.invoke(bound, { depth: 8 }, request('there')),
  ]);
  expect(here.output).toEqual(there.output);
  expect([here.outcome, there.outcome].sort()).toEqual(['done', 'replayed']);
  expect(await eventsDug()).toBe(before + 1);
  const { items } = await listAudit(server.database, { limit: 50 });
  expect(items.filter(({ correlationId }) => ['here', 'there'].includes(correlationId)).length).toBe(1);
  await other[Symbol.asyncDispose]();
});

test('[HB-09 idempotency] [FD-10 caches] after a day the key is free again, and expired records are pruned', async () => {
  await send('k9', { depth: 1 });
  server.clock.advance(24 * 3_600_000 + 1);
  const another = await send('k9', { depth: 2 });
  expect([another.status, another.headers.get('idempotency-replayed')]).toEqual([201, null]);
  const pruned = await pruneExpiredAnswers(server.database, server.clock);
  expect(pruned).toBeGreaterThan(5);
  expect(await pruneExpiredAnswers(server.database, server.clock)).toBe(0);
  expect((await send('k9', { depth: 2 })).headers.get('idempotency-replayed')).toBe('true');
});

test('a key that is no token is refused', async () => {
  for (const bad of ['with space', 'x'.repeat(129)]) {
    const answer = await send(bad, { depth: 1 });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
  }
});

test('[FD-14 every-change] a write leaves an audit record, one that the event log records does not', async () => {
  const note = defineOperation({
    ...fill,
    name: 'pits.note',
    recordedIn: 'events',
    http: { method: 'POST', path: '/x' },
  });
  await using other = await startServer({
    operations: [...pits(), bind(note, async ({ depth }) => ({ filled: depth }))],
  });
  const writer = await other.key('tasks:write');
  for (const path of ['/v1/pits/fill', '/x', '/x'])
    expect((await other.call('POST', path, { key: writer, body: { depth: 2 } })).status).toBe(200);
  const { items } = await listAudit(other.database, { limit: 100 });
  const operations = items.map(({ operation }) => operation).filter((name) => name.startsWith('pits.'));
  expect(operations).toEqual(['pits.fill']);
});
