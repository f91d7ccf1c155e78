import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit, type SubmissionInput } from '../kit/tasks.ts';
import { ended, eventually, taskIn } from '../kit/waiting.ts';
import type { OfferInput } from '../kit/raw-agent.ts';

describe('capabilities', () => {
  const hub = sharedHub();

  test('[HB-02 unknown-refused nearest] one that nobody ever declared is refused with the nearest names', async () => {
    await hub().client.agents.register({
      name: 'a',
      capabilities: [{ name: 'pdf.extract' }, { name: 'pdf.extractor' }],
    });
    const before = await hub().client.tasks.list();
    const { status, body } = await hub().call('POST', '/v1/tasks', { body: { requires: [{ name: 'pdf.extrakt' }] } });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      code: 'unknown_capability',
      detail: 'no agent has ever declared the capability pdf.extrakt; did you mean pdf.extract, pdf.extractor?',
      details: { capability: 'pdf.extrakt', nearest: ['pdf.extract', 'pdf.extractor'] },
    });
    const batch = { tasks: [{ requires: [{ name: 'pdf.extract' }] }, { requires: [{ name: 'pdf.extrakt' }] }] };
    expect((await hub().call('POST', '/v1/tasks/batch', { body: batch })).status).toBe(422);
    expect(await hub().client.tasks.list()).toEqual(before);
  });

  test('[HB-02 allow-unknown] with allowUnknown it waits, says for what, and runs when such an agent comes', async () => {
    await hub().client.agents.register({ name: 'other', capabilities: [{ name: 'something' }] });
    const id = await submit(hub(), { requires: [{ name: 'not.yet' }], allowUnknown: true });
    const { summary } = await hub().client.tasks.explain({ id });
    expect(summary).toBe('No agent meets its requirements.');
    await startAgent(hub(), async () => 'at last', { offer: { name: 'late', capabilities: [{ name: 'not.yet' }] } });
    expect((await ended(hub(), id)).output).toBe('at last');
  });

  test('[HB-02 unknown-refused] what was declared once is known for ever, over a restart too', async () => {
    const first = await startHub();
    const { id } = await first.client.agents.register({ name: 'a', capabilities: [{ name: 'was.there' }] });
    await first.client.agents.update({ id, capabilities: [{ name: 'is.there' }] });
    await first.stop();
    const next = await startHub({ after: first });
    for (const name of ['was.there', 'is.there'])
      expect((await next.call('POST', '/v1/tasks', { body: { requires: [{ name }] } })).status).toBe(201);
  });
});

describe('matching comes before assignment', () => {
  test('[HB-02 min-proficiency] an agent below the minimum never gets the task, idle as it may be', async () => {
    const hub = await startHub();
    const weak = await rawAgent(hub, { name: 'weak', capabilities: [{ name: 'echo', proficiency: 0.79 }] });
    const id = await submit(hub, { requires: [{ name: 'echo', minProficiency: 0.8 }] });
    await weak.roundTrip();
    expect(weak.seen('lease')).toEqual([]);
    const able = await rawAgent(hub, { name: 'able', capabilities: [{ name: 'echo', proficiency: 0.8 }] });
    expect((await able.next('lease')).taskId).toBe(id);
  });

  const fit: Partial<OfferInput> = {
    capabilities: [
      { name: 'echo', proficiency: 0.9 },
      { name: 'ocr', proficiency: 0.9 },
    ],
    priceMicroUsd: '100',
    labels: { team: 'search', disk: 'fast' },
    region: 'eu-west',
    stakeMicroUsd: '1000',
  };
  const wanted: Partial<SubmissionInput> = {
    requires: [
      { name: 'ocr', minProficiency: 0.5 },
      { name: 'echo', minProficiency: 0.5 },
    ],
    constraints: {
      maxPriceMicroUsd: '100',
      labels: { team: 'search' },
      region: 'eu-west',
      minStakeMicroUsd: '1000',
    },
  };

  test('[HB-03 together] of agents that each miss one requirement none gets it; the one that meets all does', async () => {
    const hub = await startHub();
    const misfits: Array<[string, Partial<OfferInput>]> = [
      ['capability ocr', { capabilities: [{ name: 'echo', proficiency: 1 }] }],
      ['proficiency of ocr', { capabilities: [{ name: 'echo' }, { name: 'ocr', proficiency: 0.4 }] }],
      ['price at most (micro-USD)', { priceMicroUsd: '101' }],
      ['label team', { labels: { disk: 'fast' } }],
      ['region', { region: 'us-east' }],
      ['stake at least (micro-USD)', { stakeMicroUsd: '999' }],
    ];
    const agents = [];
    for (const [name, flaw] of misfits) agents.push(await rawAgent(hub, { ...fit, name, ...flaw }));
    const id = await submit(hub, wanted);
    const { agents: verdicts, summary } = await hub.client.tasks.explain({ id });
    expect(summary).toBe('No agent meets its requirements.');
    for (const { agentName, eligible, failed } of verdicts)
      expect([eligible, failed!.requirement]).toEqual([false, agentName]);
    for (const agent of agents) {
      await agent.roundTrip();
      expect(agent.seen('lease')).toEqual([]);
    }
    const able = await rawAgent(hub, { ...fit, name: 'fits' });
    const lease = await able.next('lease');
    able.succeed(lease);
    expect((await ended(hub, id)).state).toBe('succeeded');
  });

  test('[HB-03 explain-none] [LD-01 capability price stake refusals] tells for each agent what failed, with both values', async () => {
    const hub = await startHub();
    const flaws: Record<string, [Partial<OfferInput>, object]> = {
      unable: [{ capabilities: [{ name: 'echo' }] }, { requirement: 'capability ocr', wanted: 'ocr', found: null }],
      weak: [
        { capabilities: [{ name: 'echo' }, { name: 'ocr', proficiency: 0.4 }] },
        { requirement: 'proficiency of ocr', wanted: 0.5, found: 0.4 },
      ],
      dear: [{ priceMicroUsd: '101' }, { requirement: 'price at most (micro-USD)', wanted: '100', found: '101' }],
      unmarked: [{ labels: {} }, { requirement: 'label team', wanted: 'search', found: null }],
      far: [{ region: 'us-east' }, { requirement: 'region', wanted: 'eu-west', found: 'us-east' }],
      poor: [{ stakeMicroUsd: '999' }, { requirement: 'stake at least (micro-USD)', wanted: '1000', found: '999' }],
      gone: [{}, { requirement: 'state', wanted: 'online', found: 'offline' }],
    };
    for (const [name, [flaw]] of Object.entries(flaws))
      await hub.client.agents.register({ ...(fit as OfferInput), name, ...flaw });
    const id = await submit(hub, wanted);
    const explanation = await hub.client.tasks.explain({ id });
    expect(explanation).toMatchObject({
      taskId: id,
      state: 'queued',
      summary: 'One agent could do it, but it is not online.',
      ahead: 0,
      agentsTotal: 7,
      sampled: false,
    });
    const found = Object.fromEntries(explanation.agents.map(({ agentName, failed }) => [agentName, failed]));
    expect(found).toEqual(Object.fromEntries(Object.entries(flaws).map(([name, [, failed]]) => [name, failed])));
  });

  test('[HB-03 explain-chosen] [LD-01 load] tells who has it, with every other agent’s score and rank', async () => {
    const hub = await startHub();
    const offers: Array<Partial<OfferInput>> = [
      { name: 'second', capabilities: [{ name: 'echo', proficiency: 0.7 }] },
      { name: 'best', capabilities: [{ name: 'echo', proficiency: 0.9 }] },
      { name: 'dear', capabilities: [{ name: 'echo', proficiency: 0.7 }], priceMicroUsd: '900000' },
    ];
    for (const offer of offers) await rawAgent(hub, offer);
    const id = await submit(hub);
    await taskIn(hub, id, 'leased');
    const { summary, agents } = await hub.client.tasks.explain({ id });
    expect(summary).toBe('best has it: attempt 1 of 3.');
    // The best is full now: it keeps a score, and ranks behind those with a free slot.
    expect(agents.map(({ agentName, rank, freeSlots }) => [agentName, rank, freeSlots])).toEqual([
      ['second', 1, 1],
      ['dear', 2, 1],
      ['best', 3, 0],
    ]);
    const score = Object.fromEntries(agents.map(({ agentName, score: points }) => [agentName, points]));
    expect(score['second']).toBeCloseTo(0.5 * 0.7 + 0.3 + 0.2, 5);
    expect(score['dear']).toBeCloseTo(0.5 * 0.7 + 0.3 + 0.2 * 0.1, 5);
    expect(score['best']).toBeCloseTo(0.5 * 0.9 + 0 + 0.2, 5);
  });

  test.each<[string, Partial<OfferInput>, Partial<OfferInput>]>([
    [
      'proficiency',
      { capabilities: [{ name: 'echo', proficiency: 0.9 }] },
      { capabilities: [{ name: 'echo', proficiency: 0.8 }] },
    ],
    ['price', { priceMicroUsd: '10' }, { priceMicroUsd: '20' }],
  ])('[HB-03 proficiency price] of two idle agents the one with the better %s gets it', async (_, better, worse) => {
    const hub = await startHub();
    const [lesser, best] = [
      await rawAgent(hub, { name: 'a', ...worse }),
      await rawAgent(hub, { name: 'b', ...better }),
    ];
    const id = await submit(hub, { constraints: { maxPriceMicroUsd: '20' } });
    expect((await best.next('lease')).taskId).toBe(id);
    expect(lesser.seen('lease')).toEqual([]);
  });

  test('[LD-01 load] the same agents share the load: the one with more free slots is next', async () => {
    const hub = await startHub();
    const agents = [await rawAgent(hub, { name: 'a', slots: 4 }), await rawAgent(hub, { name: 'b', slots: 4 })];
    for (let task = 0; task < 6; task++) await submit(hub);
    await eventually(() => agents.every((agent) => agent.seen('lease').length === 3));
  });

  test('[LD-01 refusals] with more agents than are looked at, those that could do it are among them', async () => {
    const hub = await startHub();
    for (let number = 0; number < 230; number++)
      await hub.client.agents.register({ name: `other ${number}`, capabilities: [{ name: 'else' }] });
    const id = await submit(hub, { requires: [{ name: 'rare' }], allowUnknown: true });
    const able = await rawAgent(hub, { name: 'able', capabilities: [{ name: 'rare' }] });
    await able.next('lease');
    const busy = await submit(hub, { requires: [{ name: 'rare' }] });
    const explanation = await hub.client.tasks.explain({ id: busy });
    expect(explanation).toMatchObject({
      sampled: true,
      agentsTotal: 231,
      summary: 'The only agent that can do it is busy.',
    });
    expect(explanation.agents[0]).toMatchObject({ agentName: 'able', eligible: true, rank: 1 });
    expect(explanation.agents.length).toBeLessThanOrEqual(200);
    expect((await hub.client.tasks.explain({ id })).summary).toBe('able has it: attempt 1 of 3.');
  });
});

describe('priorities', () => {
  test('[HB-04 order] [LD-01 priority] critical before high before medium before low, oldest first, and explain counts those ahead', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const blocking = await submit(hub);
    const lease = await agent.next('lease');
    const order = ['low', 'medium', 'critical', 'high', 'low', 'critical', 'medium', 'high'] as const;
    const tasks = order.map((priority, number) => ({
      requires: [{ name: 'echo' }],
      priority,
      input: `${priority} ${number}`,
    }));
    const { ids } = await hub.client.tasks.createBatch({ tasks });
    const ahead = await Promise.all(ids.map(async (id) => (await hub.client.tasks.explain({ id })).ahead));
    expect(ahead).toEqual([6, 4, 0, 2, 7, 1, 5, 3]);
    agent.succeed(lease);
    await ended(hub, blocking);
    const ran: unknown[] = [];
    for (const _ of order) {
      const next = await agent.next('lease');
      ran.push(next.input);
      agent.succeed(next);
    }
    const inOrder = ['critical 2', 'critical 5', 'high 3', 'high 7', 'medium 1', 'medium 6', 'low 0', 'low 4'];
    expect(ran).toEqual(inOrder);
  });

  test('[HB-04 order] across classes too: an agent with several capabilities takes the highest, then the oldest', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { capabilities: [{ name: 'echo' }, { name: 'ocr' }, { name: 'pdf' }] });
    await submit(hub);
    const lease = await agent.next('lease');
    const submitted = [
      { requires: [{ name: 'ocr' }], priority: 'low' },
      { requires: [{ name: 'pdf' }], priority: 'high' },
      { requires: [{ name: 'echo' }], priority: 'high' },
      { requires: [{ name: 'ocr' }], priority: 'critical' },
    ] as const;
    for (const [number, task] of submitted.entries())
      await submit(hub, { ...task, requires: [...task.requires], input: number });
    agent.succeed(lease);
    const ran: unknown[] = [];
    for (const _ of submitted) {
      const next = await agent.next('lease');
      ran.push(next.input);
      agent.succeed(next);
    }
    expect(ran).toEqual([3, 1, 2, 0]);
  });
});

describe('classes that come and go', () => {
  test('[HB-03] [FD-10 caches] more classes than are remembered while idle: work of each still runs, also what was under way then', async () => {
    const hub = await startHub();
    await startAgent(hub, async (input) => input, { offer: { name: 'all', slots: 50 } });
    await runEach(hub, 1_500);
    // The first classes are forgotten by now; the same ones again.
    await runEach(hub, 100);
  });
});

async function runEach(hub: HubUnderTest, classes: number): Promise<void> {
  const tasks = Array.from({ length: classes }, (_, number) => ({
    requires: [{ name: 'echo', minProficiency: number / 10_000 }],
    input: number,
  }));
  const { ids } = await hub.client.tasks.createBatch({ tasks });
  const last = await Promise.all(ids.slice(-50).map((id) => ended(hub, id)));
  expect(last.map(({ output }) => output)).toEqual(tasks.slice(-50).map(({ input }) => input));
  await eventually(
    async () => (await hub.client.hub.status()).tasks,
    ({ waiting, leased }) => waiting + leased === 0,
  );
}
