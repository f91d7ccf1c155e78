import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { connectTo } from '../../../../tests/house/postgres.ts';
import { reservedCapabilities } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { RawAgent } from '../kit/raw-agent.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { storyOf, submit } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';

const offer = {
  name: 'pdf-1',
  capabilities: [{ name: 'pdf.extract', proficiency: 0.9 }, { name: 'pdf.merge' }],
  slots: 4,
  priceMicroUsd: '1500',
  labels: { team: 'search', 'gpu/kind': 'l40s' },
  region: 'eu-west',
  stakeMicroUsd: '1000000',
};

/** For those who only ask and are refused. */
const shared = sharedHub();

describe('registering', () => {
  test('[HB-01 register slots price labels] an agent is kept as it was offered, with defaults for what was left out', async () => {
    const hub = await startHub();
    const answer = await hub.call('POST', '/v1/agents', { body: offer });
    expect(answer.status).toBe(201);
    const expected = {
      ...offer,
      capabilities: [offer.capabilities[0], { name: 'pdf.merge', proficiency: 1 }],
      tenant: 'acme',
      state: 'offline',
      connected: false,
      leases: 0,
    };
    expect(answer.body).toMatchObject(expected);
    expect((await hub.call('GET', `/v1/agents/${answer.body.id}`)).body).toMatchObject(expected);
    const plain = await hub.client.agents.register({ name: 'plain', capabilities: [{ name: 'echo' }] });
    expect(plain).toMatchObject({ slots: 1, priceMicroUsd: '0', labels: {}, stakeMicroUsd: '0' });
    expect(plain.region).toBeUndefined();
  });

  test('[HB-01 register] a name is taken once in a tenant, also when two ask at the same moment', async () => {
    const hub = await startHub();
    const answers = await Promise.all([1, 2, 3].map(() => hub.call('POST', '/v1/agents', { body: offer })));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    const refused = await hub.call('POST', '/v1/agents', { body: offer });
    expect(refused.body).toMatchObject({ status: 409, code: 'agent_exists', detail: expect.stringContaining('pdf-1') });
    const other = await hub.keyOf('other', 'agents:write');
    expect((await hub.call('POST', '/v1/agents', { body: offer, key: other })).status).toBe(201);
  });

  test('[HB-01 register] who connects under the name of a registered agent is that agent', async () => {
    const hub = await startHub();
    const { id } = await hub.client.agents.register({ ...offer, name: 'known' });
    const agent = new RawAgent(hub.url, hub.key);
    expect((await agent.hello({ ...offer, name: 'known' })).agentId).toBe(id);
  });

  test('[HB-01 limits] each fault is listed with its path, and nothing is kept', async () => {
    const hub = await startHub();
    const body = {
      name: 'x'.repeat(101),
      capabilities: [
        { name: 'echo', proficiency: 1.2 },
        { name: 'admin' },
        { name: ' spaces ' },
        { name: 'low', proficiency: -0.1 },
      ],
      slots: 0,
      priceMicroUsd: '1.5',
      labels: { 'bad label': 'x' },
      region: 'EU West',
      stakeMicroUsd: -1,
      colour: 'blue',
    };
    const { status, body: problem } = await hub.call('POST', '/v1/agents', { body });
    expect(status).toBe(422);
    expect(problem).toMatchObject({ code: 'invalid_input', status: 422, retryable: false });
    const paths = (problem.issues as Array<{ path: Array<string | number> }>).map(({ path }) => path.join('.'));
    expect(paths.sort()).toEqual([
      'capabilities.0.proficiency',
      'capabilities.1.name',
      'capabilities.2.name',
      'capabilities.3.proficiency',
      'colour',
      'labels.bad label',
      'name',
      'priceMicroUsd',
      'region',
      'slots',
      'stakeMicroUsd',
    ]);
    expect((await hub.client.agents.list()).items).toEqual([]);
  });

  test.each([
    ['a name of 101 characters', { name: 'x'.repeat(101) }, 'name'],
    ['an empty name', { name: '' }, 'name'],
    ['a name of spaces', { name: '   ' }, 'name'],
    ['a name with a line break', { name: 'a\nb' }, 'name'],
    ['no capability', { capabilities: [] }, 'capabilities'],
    ['51 capabilities', { capabilities: Array.from({ length: 51 }, (_, at) => ({ name: `c${at}` })) }, 'capabilities'],
    ['one capability twice', { capabilities: [{ name: 'a' }, { name: 'a' }] }, 'capabilities'],
    ['proficiency 1.2', { capabilities: [{ name: 'a', proficiency: 1.2 }] }, 'capabilities.0.proficiency'],
    ['10,001 slots', { slots: 10_001 }, 'slots'],
    ['33 labels', { labels: Object.fromEntries(Array.from({ length: 33 }, (_, at) => [`l${at}`, 'x'])) }, 'labels'],
  ])('[HB-01 limits] %s is refused', async (_, change, path) => {
    const hub = shared();
    const { status, body } = await hub.call('POST', '/v1/agents', { body: { ...offer, ...change } });
    expect(status).toBe(422);
    expect(body.issues.map((issue: { path: unknown[] }) => issue.path.join('.'))).toContain(path);
  });

  test('[HB-01 limits] what is just within every limit is accepted', async () => {
    const hub = await startHub();
    const most = {
      name: 'x'.repeat(100),
      capabilities: Array.from({ length: 50 }, (_, at) => ({ name: `c${at}`.padEnd(100, 'x'), proficiency: at / 49 })),
      slots: 10_000,
    };
    expect((await hub.call('POST', '/v1/agents', { body: most })).status).toBe(201);
  });

  test.each([...reservedCapabilities, 'Admin', 'ADMIN', 'admin.keys', 'root:everything', 'system/x'])(
    '[HB-01 reserved] the capability %s is refused, with its path',
    async (name) => {
      const hub = shared();
      const body = { ...offer, capabilities: [{ name: 'fine' }, { name }] };
      const answer = await hub.call('POST', '/v1/agents', { body });
      expect(answer.status).toBe(422);
      expect(answer.body.issues).toEqual([
        { path: ['capabilities', 1, 'name'], message: expect.stringContaining('reserved') },
      ]);
    },
  );
});

describe('slots', () => {
  test('[HB-01 slots] an agent has as many tasks as it has slots, and the next when one of them is free', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 2 });
    const ids = [await submit(hub), await submit(hub), await submit(hub)];
    await agent.roundTrip();
    expect(agent.seen('lease').map(({ taskId }) => taskId)).toEqual(ids.slice(0, 2));
    agent.succeed(await agent.next('lease'));
    await ended(hub, ids[0]!);
    await agent.roundTrip();
    expect(agent.seen('lease').map(({ taskId }) => taskId)).toEqual(ids.slice(1));
  });
});

describe('reading', () => {
  test('[HB-01 read] by id, and by pages, by state and by capability', async () => {
    const hub = await startHub();
    for (let number = 0; number < 5; number++)
      await hub.client.agents.register({
        ...offer,
        name: `agent ${number}`,
        capabilities: [{ name: `c.${number % 2}` }],
      });
    await startAgent(hub, async () => null, { offer: { name: 'online', capabilities: [{ name: 'c.0' }] } });
    const first = await hub.client.agents.list({ limit: 4 });
    const second = await hub.client.agents.list({ limit: 4, cursor: first.nextCursor! });
    expect(first.items).toHaveLength(4);
    expect(second).toMatchObject({ items: [{}, {}] });
    expect(second.nextCursor).toBeUndefined();
    expect(new Set([...first.items, ...second.items].map(({ name }) => name)).size).toBe(6);
    expect((await hub.client.agents.list({ state: 'online' })).items).toMatchObject([{ name: 'online' }]);
    expect((await hub.client.agents.list({ capability: 'c.0' })).items).toHaveLength(4);
  });

  test('[HB-01 read] one that does not exist is missing; without the permission everything is', async () => {
    const hub = await startHub();
    const { id } = await hub.client.agents.register(offer);
    const nobody = await hub.keyOf('acme', 'tasks:read');
    expect((await hub.call('GET', '/v1/agents/01900000-0000-7000-8000-000000000000')).status).toBe(404);
    expect((await hub.call('GET', '/v1/agents/no-uuid')).status).toBe(422);
    expect((await hub.call('GET', `/v1/agents/${id}`, { key: nobody })).status).toBe(404);
    const write = await hub.call('POST', `/v1/agents/${id}/pause`, { key: nobody });
    expect(write).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

describe('changing', () => {
  test('[HB-01 update] what is given changes, the rest stays; matching follows at once, and a restart keeps it', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, {
      capabilities: [{ name: 'echo', proficiency: 0.3 }],
      region: 'eu-west',
      slots: 2,
    });
    const { id } = (await hub.client.agents.list()).items[0]!;
    const task = await submit(hub, { requires: [{ name: 'echo', minProficiency: 0.5 }] });
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    const changed = await hub.client.agents.update({
      id,
      capabilities: [{ name: 'echo', proficiency: 0.6 }],
      region: null,
    });
    expect(changed).toMatchObject({ slots: 2, capabilities: [{ proficiency: 0.6 }] });
    expect(changed.region).toBeUndefined();
    expect((await agent.next('lease')).taskId).toBe(task);
    await hub.stop();
    const next = await startHub({ after: hub });
    expect(await next.client.agents.show({ id })).toMatchObject({ slots: 2, capabilities: [{ proficiency: 0.6 }] });
  });

  test('[HB-01 update] another tenant cannot, and limits hold', async () => {
    const hub = await startHub();
    const { id } = await hub.client.agents.register(offer);
    const other = await hub.keyOf('other', '*');
    expect((await hub.call('PATCH', `/v1/agents/${id}`, { key: other, body: { slots: 9 } })).status).toBe(404);
    const bad = await hub.call('PATCH', `/v1/agents/${id}`, {
      body: { capabilities: [{ name: 'owner' }], name: 'new' },
    });
    expect(bad.status).toBe(422);
    expect(bad.body.issues.map(({ path }: { path: unknown[] }) => path.join('.')).sort()).toEqual([
      'capabilities.0.name',
      'name',
    ]);
    expect(await hub.client.agents.show({ id })).toMatchObject({ slots: 4, name: 'pdf-1' });
  });

  test('[HB-01 pause resume] a paused agent keeps what it has and gets nothing new until it is resumed, restart or not', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 2 });
    const id = await agentId(hub);
    const first = await submit(hub);
    const lease = await agent.next('lease');
    expect(await hub.client.agents.pause({ id })).toMatchObject({ state: 'paused', leases: 1 });
    const second = await submit(hub);
    agent.succeed(lease, 'finished while paused');
    expect((await ended(hub, first)).output).toBe('finished while paused');
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    await hub.stop();
    const next = await startHub({ after: hub });
    const back = await rawAgent(next, { slots: 2 });
    expect(await next.client.agents.show({ id })).toMatchObject({ state: 'paused', connected: true });
    await back.roundTrip();
    expect(back.seen('lease')).toEqual([]);
    expect(await next.client.agents.resume({ id })).toMatchObject({ state: 'online' });
    expect((await back.next('lease')).taskId).toBe(second);
    const twice = await next.call('POST', `/v1/agents/${id}/resume`);
    expect(twice).toMatchObject({ status: 409, body: { code: 'agent_state_conflict' } });
  });

  test('[HB-01 drain] a draining agent finishes what it has and gets nothing new, until it is resumed', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 2 });
    const id = await agentId(hub);
    const first = await submit(hub);
    const lease = await agent.next('lease');
    expect(await hub.client.agents.drain({ id })).toMatchObject({ state: 'draining', leases: 1 });
    const second = await submit(hub);
    agent.succeed(lease);
    await ended(hub, first);
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    await hub.client.agents.resume({ id });
    expect((await agent.next('lease')).taskId).toBe(second);
  });

  test('[HB-01 drain] a person’s drain outlives the connection: coming back does not undo it', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await agentId(hub);
    await hub.client.agents.drain({ id });
    agent.vanish();
    await eventually(async () => (await hub.client.agents.show({ id })).connected === false);
    const back = await rawAgent(hub);
    expect((await hub.client.agents.show({ id })).state).toBe('draining');
    await submit(hub);
    await back.roundTrip();
    expect(back.seen('lease')).toEqual([]);
  });

  test('[HB-01 drain] an agent’s own drain ends with its process: the next one under its name takes work', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    agent.send({ type: 'draining' });
    const id = await agentId(hub);
    await eventually(async () => (await hub.client.agents.show({ id })).state === 'draining');
    const task = await submit(hub);
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    agent.vanish();
    const next = await rawAgent(hub);
    expect((await next.next('lease')).taskId).toBe(task);
    expect((await hub.client.agents.show({ id })).state).toBe('online');
  });
});

describe('removing', () => {
  test('[HB-01 remove] an idle agent goes at once; its connection is closed and its name is free', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await agentId(hub);
    const planned = await hub.client.agents.remove({ id }, { dryRun: true });
    expect(planned).toMatchObject({
      verdict: 'pass',
      plan: { effects: [{ verb: 'remove', target: 'agent', id, count: 1 }] },
      guards: [{ guard: 'agent-is-idle', verdict: 'pass', measured: 0, limit: 0 }],
    });
    expect((await hub.client.agents.show({ id })).connected).toBe(true);
    expect(await hub.client.agents.remove({ id })).toEqual({ id, name: 'raw', requeuedTasks: 0 });
    expect((await agent.closed).code).toBe(4410);
    expect((await hub.call('GET', `/v1/agents/${id}`)).status).toBe(404);
    const next = new RawAgent(hub.url, hub.key);
    expect((await next.hello()).agentId).not.toBe(id);
  });

  test('[HB-01 remove] one with leases needs approval; then its tasks run elsewhere and the attempt does not count', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await agentId(hub);
    const task = await submit(hub, { maxAttempts: 1 });
    const lease = await agent.next('lease');
    const refused = await hub.call('DELETE', `/v1/agents/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'approval_required' } });
    const { approvalId, digest, plan, guards } = refused.body.details;
    expect(plan.effects).toMatchObject([{ verb: 'remove' }, { verb: 'requeue', target: 'task', count: 1 }]);
    expect(guards).toMatchObject([{ guard: 'agent-is-idle', verdict: 'needsApproval', measured: 1, limit: 0 }]);
    expect((await hub.client.agents.show({ id })).leases).toBe(1);
    await hub.client.approvals.give({ id: approvalId, digest });
    expect(await hub.client.agents.remove({ id })).toMatchObject({ requeuedTasks: 1 });
    expect(await agent.next('cancel')).toMatchObject({ taskId: task, fence: lease.fence });
    const other = await rawAgent(hub, { name: 'other' });
    const again = await other.next('lease');
    expect(again).toMatchObject({ taskId: task, attempt: 1 });
    other.succeed(again, 'elsewhere');
    expect((await ended(hub, task)).output).toBe('elsewhere');
    const types = (await storyOf(hub, task)).map(({ type }) => type);
    expect(types).toEqual(['task.submitted', 'task.leased', 'task.retrying', 'task.leased', 'task.succeeded']);
  });

  test('[HB-01 remove] one whose removal does not last in the record is taken back, and said to be', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await agentId(hub);
    await meddle(hub, 'UPDATE agents SET removed_at_ms = NULL WHERE id = new.id');
    const answer = await hub.call('DELETE', `/v1/agents/${id}`);
    expect(answer).toMatchObject({ status: 500, body: { code: 'verification_failed' } });
    expect(answer.body.details).toMatchObject({
      evidence: { recordedAsRemoved: false, inRoster: false },
      rollback: 'it was rolled back',
    });
    await agent.closed;
    const again = await rawAgent(hub);
    expect(await agentId(hub)).toBe(id);
    const task = await submit(hub);
    expect((await again.next('lease')).taskId).toBe(task);
  });

  test('[HB-01 remove] another tenant cannot, and a removed agent is not rebuilt by a restart', async () => {
    const hub = await startHub();
    const { id } = await hub.client.agents.register(offer);
    const other = await hub.keyOf('other', '*');
    expect((await hub.call('DELETE', `/v1/agents/${id}`, { key: other })).status).toBe(404);
    await hub.client.agents.remove({ id });
    await hub.stop();
    const next = await startHub({ after: hub });
    expect((await next.client.agents.list()).items).toEqual([]);
    const known = await next.call('POST', '/v1/tasks', { body: { requires: [{ name: 'pdf.extract' }] } });
    expect(known.status).toBe(201); // it was declared once, and stays known
  });

  test('[HB-01 remove] a removal while its task is being settled loses nothing: the result counts, or the task runs again', async () => {
    const hub = await startHub();
    const outcomes = new Set<string>();
    for (let round = 0; round < 12; round++) {
      const agent = await rawAgent(hub, { name: `round ${round}` });
      const id = await agentId(hub, `round ${round}`);
      const task = await submit(hub, { maxAttempts: 1 });
      const lease = await agent.next('lease');
      await taskIn(hub, task, 'leased');
      const { body } = await hub.call('DELETE', `/v1/agents/${id}`);
      await hub.client.approvals.give({ id: body.details.approvalId, digest: body.details.digest });
      const removal = hub.call('DELETE', `/v1/agents/${id}`);
      if (round % 2 === 0) agent.succeed(lease, 'before');
      else setImmediate(() => agent.succeed(lease, 'before'));
      await removal;
      const last = await startAgent(hub, async () => 'again', { offer: { name: `helper ${round}` } });
      const { state, output } = await ended(hub, task);
      expect(state).toBe('succeeded');
      outcomes.add(output as string);
      await last.stop();
      for (const { id: left } of (await hub.client.agents.list()).items) await hub.client.agents.remove({ id: left });
    }
    expect([...outcomes].every((output) => ['before', 'again'].includes(output))).toBe(true);
  });
});

/** Somebody else's hand in the database: undoes, in the same commit, what is written about a removal. */
async function meddle({ databaseUrl }: HubUnderTest, undoing: string): Promise<void> {
  const when = 'CREATE TRIGGER meddler AFTER UPDATE OF removed_at_ms ON agents FOR EACH ROW';
  if (databaseUrl.startsWith('postgres')) {
    const other = await connectTo(databaseUrl);
    await other.query(`CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN ${undoing}; RETURN NULL; END $$; ${when} WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION meddle()`);
    return other.end();
  }
  const db = new DatabaseSync(databaseUrl, { timeout: 5_000 });
  db.exec(`${when} BEGIN ${undoing}; END`);
  db.close();
}

async function agentId(hub: HubUnderTest, name = 'raw'): Promise<string> {
  const { items } = await hub.client.agents.list({ limit: 500 });
  return items.find((agent) => agent.name === name)!.id;
}
