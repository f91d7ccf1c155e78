import { defineOperation, type GuardVerdict } from '@reeve/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listAudit } from '../../src/audit/index.ts';
import { approvalOperations, bind, defaultRoadSettings, type Call } from '../../src/operations/index.ts';
import { startServer, type Ground, type TestServer } from '../http/start-server.ts';

const demolish = defineOperation({
  name: 'houses.demolish',
  summary: 'Pull down houses of a street',
  access: 'agents:write',
  effect: 'consequential',
  http: { method: 'POST', path: '/v1/streets/{street}/demolish' },
  input: z.object({ street: z.string(), atMost: z.int().default(3) }),
  output: z.object({ gone: z.int() }),
});
const evacuate = defineOperation({
  name: 'houses.evacuate',
  summary: 'Get everyone out: lowers a risk, so it waits for nobody',
  access: 'agents:write',
  effect: 'consequential',
  approvedInAdvance: true,
  http: { method: 'POST', path: '/v1/streets/{street}/evacuate' },
  input: z.object({ street: z.string() }),
  output: z.object({ gone: z.int() }),
});

/** The town: what the operations really change, and how the test makes them fail. */
const town = {
  houses: 3,
  runs: 0,
  plans: 0,
  rollbacks: 0,
  verdict: 'pass' as GuardVerdict,
  guardThrows: false,
  verified: 'ok' as 'ok' | 'no' | 'throws',
  rollbackThrows: false,
  /** Called at each planning, to change the town between two of them. */
  whilePlanning: (_plans: number): void => undefined,
};
const fresh = { ...town };

function handler() {
  return {
    plan: async ({ street, atMost }: { street: string; atMost?: number }) => {
      town.plans += 1;
      town.whilePlanning(town.plans);
      const count = town.houses;
      return {
        effects: [{ verb: 'demolish', target: 'house', id: street, count, atMost: atMost ?? 100 }],
        evidence: { houses: count },
      };
    },
    guards: [
      {
        name: 'permit',
        limit: { most: 2 },
        evaluate() {
          if (town.guardThrows) throw new Error('the registry does not answer');
          return { verdict: town.verdict, measured: town.houses, limit: { most: 2 }, message: 'houses against permit' };
        },
      },
    ],
    run: async (_input: unknown, call: Call) => {
      town.runs += 1;
      const answer = { gone: town.houses };
      await call.commit({ statements: [] }, answer, { target: 'street' });
      return answer;
    },
    verify: async () => {
      if (town.verified === 'throws') throw new Error('cannot look');
      return { ok: town.verified === 'ok', checked: 'the street is empty', evidence: { seen: town.houses } };
    },
    rollback: async (_output: unknown, _input: unknown, call: Call) => {
      town.rollbacks += 1;
      if (town.rollbackThrows) throw new Error('no bricks');
      await call.commit({ statements: [] }, null);
    },
  };
}

let server: TestServer;
let key: string;
let approver: string;
const servers: TestServer[] = [];

async function serve(requireOther: boolean): Promise<TestServer> {
  const approvals = { ...defaultRoadSettings.approvals, requireOther };
  const made = await startServer({
    settings: { approvals },
    bindOn: ({ database, clock }: Ground) => [
      { operation: demolish, handler: handler() as never },
      bind(evacuate, handler() as never),
      ...approvalOperations({ database, clock, settings: approvals }),
    ],
  });
  servers.push(made);
  return made;
}

beforeEach(async () => {
  Object.assign(town, fresh);
  server = await serve(false);
  key = await server.key('agents:write');
  approver = await server.key('approvals:*');
});
afterEach(async () => {
  for (const made of servers.splice(0)) await made[Symbol.asyncDispose]();
});

const act = (query = '', headers: Record<string, string> = {}, as = key) =>
  server.call('POST', `/v1/streets/elm/demolish${query}`, { key: as, body: {}, headers });
const give = (id: string, digest: string, as = approver) =>
  server.call('POST', `/v1/approvals/${id}/give`, { key: as, body: { digest, note: 'seen' } });

async function auditOf(correlationId: string) {
  await server.road.refusals.flush(false);
  const { items } = await listAudit(server.database, { limit: 100 });
  return items.filter((item) => item.correlationId === correlationId).reverse();
}

describe('plan and guards', () => {
  test('a dry run answers plan, digest, guards and verdict, and does nothing', async () => {
    town.verdict = 'needsApproval';
    const answer = await act('?dryRun=true');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      operation: 'houses.demolish',
      plan: {
        effects: [{ verb: 'demolish', target: 'house', id: 'elm', count: 3, atMost: 3 }],
        evidence: { houses: 3 },
      },
      guards: [{ guard: 'permit', verdict: 'needsApproval', measured: 3, limit: { most: 2 } }],
      verdict: 'needsApproval',
      approvedInAdvance: false,
    });
    expect(answer.body.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect([town.runs, town.plans]).toEqual([0, 1]);
  });

  test('a dry run that is denied shows the denial; a plain write has no plan', async () => {
    town.verdict = 'deny';
    expect((await act('?dryRun=true')).body.verdict).toBe('deny');
    const bad = await act('?dryRun=perhaps');
    expect([bad.status, bad.body.issues[0].path]).toEqual([422, ['dryRun']]);
    const write = await server.call('POST', `/v1/approvals/${crypto.randomUUID()}/withdraw?dryRun=true`, {
      key: approver,
      body: {},
    });
    expect([write.status, write.body.issues[0].path]).toEqual([422, ['dryRun']]);
  });

  test('[FD-14 every-change] it plans twice, runs, verifies, and audits run and verification', async () => {
    const answer = await act('', { 'x-correlation-id': 'run-1' });
    expect([answer.status, answer.body]).toEqual([200, { gone: 3 }]);
    expect([town.plans, town.runs]).toEqual([2, 1]);
    const audit = await auditOf('run-1');
    expect(audit.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
    expect(audit[1]!.details).toMatchObject({
      stage: 'verified',
      checked: 'the street is empty',
      evidence: { seen: 3 },
    });
    expect(audit[0]!.details['digest']).toMatch(/^sha256:/);
  });

  test('[TR-04 unknown-denies] a guard that denies, or throws, denies: 403 with what was measured, nothing runs', async () => {
    town.verdict = 'deny';
    const denied = await act('', { 'x-correlation-id': 'denied' });
    expect([denied.status, denied.body.code]).toEqual([403, 'guard_denied']);
    expect(denied.body.details.guards).toMatchObject([{ guard: 'permit', verdict: 'deny', measured: 3 }]);
    town.verdict = 'pass';
    town.guardThrows = true;
    const thrown = await act();
    expect([thrown.status, thrown.body.code]).toEqual([403, 'guard_denied']);
    expect(thrown.body.detail).toMatch(/could not be evaluated: the registry does not answer/);
    expect(town.runs).toBe(0);
    expect(await auditOf('denied')).toMatchObject([{ outcome: 'refused', details: { code: 'guard_denied' } }]);
  });

  test('[TR-05 bounds] effects beyond their bounds do not run, whether at first or when planned again', async () => {
    town.houses = 4;
    const first = await act();
    expect([first.status, first.body.code]).toEqual([409, 'effects_left_bounds']);
    town.houses = 3;
    town.plans = 0;
    town.whilePlanning = (plans) => void (town.houses = plans === 1 ? 3 : 4);
    const again = await act();
    expect([again.status, again.body.code]).toEqual([409, 'effects_left_bounds']);
    expect(town.runs).toBe(0);
  });

  test('a guard that denies only at the second look denies', async () => {
    town.whilePlanning = (plans) => void (town.verdict = plans === 1 ? 'pass' : 'deny');
    expect((await act()).body.code).toBe('guard_denied');
    town.plans = 0;
    town.whilePlanning = (plans) => void (town.verdict = plans === 1 ? 'pass' : 'needsApproval');
    expect((await act()).body.code).toBe('approval_required');
    expect(town.runs).toBe(0);
  });
});

describe('approval', () => {
  beforeEach(() => void (town.verdict = 'needsApproval'));

  test('without consent it is refused with plan and digest, and waits in the list once, however often it is sent', async () => {
    const first = await act();
    expect([first.status, first.body.code]).toEqual([409, 'approval_required']);
    expect(first.body.details).toMatchObject({ operation: 'houses.demolish', verdict: 'needsApproval' });
    const second = await act();
    expect(second.body.details.approvalId).toBe(first.body.details.approvalId);
    const list = await server.call('GET', '/v1/approvals?state=pending', { key: approver });
    expect(list.body.items).toHaveLength(1);
    expect(list.body.items[0]).toMatchObject({
      state: 'pending',
      input: { street: 'elm' },
      digest: first.body.details.digest,
    });
    expect(town.runs).toBe(0);
  });

  test('[FL-07 approval] consent lets exactly one run through, then it is used up; the run names who gave it', async () => {
    const { approvalId, digest } = (await act()).body.details;
    const given = await give(approvalId, digest);
    expect([given.status, given.body.state, given.body.note]).toEqual([200, 'given', 'seen']);
    const both = await Promise.all([act('', { 'x-correlation-id': 'r1' }), act('', { 'x-correlation-id': 'r2' })]);
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(town.runs).toBe(1);
    const ran = both[0]!.status === 200 ? 'r1' : 'r2';
    const giver = `key:${approver.slice(3, 15)}`;
    expect((await auditOf(ran))[0]!.details).toMatchObject({ approval: approvalId, givenBy: giver });
    const shown = await server.call('GET', `/v1/approvals/${approvalId}`, { key: approver });
    expect(shown.body).toMatchObject({ state: 'used', usedBy: ran, decidedBy: giver });
  });

  test('[FL-07 binding] consent is to one plan: with other parameters, or other bounds, it does not count', async () => {
    const { approvalId, digest } = (await act()).body.details;
    await give(approvalId, digest);
    const other = await server.call('POST', '/v1/streets/oak/demolish', { key, body: {} });
    expect(other.body.code).toBe('approval_required');
    const wider = await server.call('POST', '/v1/streets/elm/demolish', { key, body: { atMost: 4 } });
    expect(wider.body.code).toBe('approval_required');
    expect(town.runs).toBe(0);
    town.houses = 2;
    expect((await act()).status).toBe(200);
  });

  test('[FL-07 binding] consent to another digest than the one that waits is refused', async () => {
    const { approvalId } = (await act()).body.details;
    const answer = await give(approvalId, `sha256:${'0'.repeat(64)}`);
    expect([answer.status, answer.body.code]).toEqual([409, 'approval_mismatch']);
  });

  test('[FL-07 approval] consent expires, and so does the request for it', async () => {
    const first = (await act()).body.details;
    await give(first.approvalId, first.digest);
    server.clock.advance(24 * 3_600_000 + 1);
    const late = await act();
    expect(late.body.code).toBe('approval_required');
    expect(late.body.details.approvalId).not.toBe(first.approvalId);
    server.clock.advance(24 * 3_600_000 + 1);
    const answer = await give(late.body.details.approvalId, late.body.details.digest);
    expect([answer.status, answer.body.code]).toEqual([409, 'approval_closed']);
    const expired = await server.call('GET', '/v1/approvals?state=expired', { key: approver });
    expect(expired.body.items).toHaveLength(2);
    expect(town.runs).toBe(0);
  });

  test('at most a thousand requests of a tenant wait; another tenant is not concerned', async () => {
    const demolishIn = (street: string, as: string) =>
      server.call('POST', `/v1/streets/${street}/demolish`, { key: as, body: {} });
    for (let batch = 0; batch < 10; batch++)
      await Promise.all(Array.from({ length: 100 }, (_, index) => demolishIn(`s${batch}-${index}`, key)));
    const beyond = await demolishIn('one-more', key);
    expect([beyond.status, beyond.body.code]).toEqual([429, 'rate_limited']);
    const known = await demolishIn('s1-1', key);
    expect(known.body.code).toBe('approval_required');
    const stranger = await server.keyOf('umbrella', 'agents:write');
    expect((await demolishIn('elm', stranger)).body.code).toBe('approval_required');
  });

  test('what was withdrawn does not count, and cannot be given any more', async () => {
    const { approvalId, digest } = (await act()).body.details;
    await give(approvalId, digest);
    const withdrawn = await server.call('POST', `/v1/approvals/${approvalId}/withdraw`, { key: approver, body: {} });
    expect(withdrawn.body.state).toBe('withdrawn');
    expect((await give(approvalId, digest)).body.code).toBe('approval_closed');
    expect((await act()).body.code).toBe('approval_required');
  });

  test('[FL-07 approval] with requireOther whoever asked cannot consent', async () => {
    server = await serve(true);
    const asker = await server.key('agents:write', 'approvals:*');
    const { approvalId, digest } = (await act('', {}, asker)).body.details;
    const own = await give(approvalId, digest, asker);
    expect([own.status, own.body.code]).toEqual([403, 'forbidden']);
    expect((await give(approvalId, digest, await server.key('approvals:give'))).status).toBe(200);
    expect((await act('', {}, asker)).status).toBe(200);
  });

  test('another tenant sees and gives nothing', async () => {
    const { approvalId, digest } = (await act()).body.details;
    const stranger = await server.keyOf('umbrella', 'approvals:*');
    expect((await give(approvalId, digest, stranger)).status).toBe(404);
    const list = await server.call('GET', '/v1/approvals', { key: stranger });
    expect(list.body.items).toEqual([]);
  });

  test('an act that only lowers a risk has its approval in advance; a denial still denies', async () => {
    const go = () => server.call('POST', '/v1/streets/elm/evacuate', { key, body: {} });
    expect((await go()).status).toBe(200);
    town.verdict = 'deny';
    expect((await go()).body.code).toBe('guard_denied');
  });
});

describe('verification', () => {
  test('[FD-14 every-change] when the check fails, or cannot look, it is rolled back, reported and audited: never a success', async () => {
    for (const verified of ['no', 'throws'] as const) {
      town.verified = verified;
      const answer = await act('', { 'x-correlation-id': `v-${verified}` });
      expect([answer.status, answer.body.code]).toEqual([500, 'verification_failed']);
      expect(answer.body.detail).toMatch(/rolled back/);
      const outcomes = (await auditOf(`v-${verified}`)).map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['done', 'rolledBack', 'rolledBack']);
    }
    expect(town.rollbacks).toBe(2);
  });

  test('a rollback that fails is told', async () => {
    Object.assign(town, { verified: 'no', rollbackThrows: true });
    const answer = await act('', { 'x-correlation-id': 'v-broken' });
    expect(answer.body.detail).toMatch(/rolling back failed/);
    expect((await auditOf('v-broken')).map(({ outcome }) => outcome)).toEqual(['done', 'failed']);
  });

  test('[HB-09 idempotency] what was rolled back frees its idempotency key; what failed and stayed is checked again, not run again', async () => {
    town.verified = 'no';
    await act('', { 'idempotency-key': 'c1' });
    town.verified = 'ok';
    const second = await act('', { 'idempotency-key': 'c1' });
    expect([second.status, second.headers.get('idempotency-replayed'), town.runs]).toEqual([200, null, 2]);
    expect((await act('', { 'idempotency-key': 'c1' })).headers.get('idempotency-replayed')).toBe('true');

    Object.assign(town, { verified: 'no', rollbackThrows: true });
    await act('', { 'idempotency-key': 'c2' });
    expect(town.runs).toBe(3);
    expect((await act('', { 'idempotency-key': 'c2' })).body.code).toBe('verification_failed');
    town.verified = 'ok';
    const settled = await act('', { 'idempotency-key': 'c2' });
    expect([settled.status, settled.body, town.runs]).toEqual([200, { gone: 3 }, 3]);
  });
});
