import { describe, expect, test } from 'vitest';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const atOnce = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
const outputSchema = { type: 'object', properties: { words: { type: 'integer' } }, required: ['words'] };

async function idOf(hub: HubUnderTest, name: string): Promise<string> {
  return (await hub.client.agents.list()).items.find((agent) => agent.name === name)!.id;
}

async function known(hub: HubUnderTest, name: string) {
  const { capabilities } = await hub.client.agents.proficiency({ id: await idOf(hub, name) });
  return capabilities[0]!;
}

describe('what comes of a task is judged', () => {
  test('[HB-11 judged] an output that does not fit the schema is a failed attempt, and the task goes elsewhere', async () => {
    const hub = await startHub();
    const wrong = await rawAgent(hub, { name: 'wrong' });
    const id = await submit(hub, { verify: { outputSchema }, backoff: atOnce });
    const lease = await wrong.next('lease');
    const right = await rawAgent(hub, { name: 'right' });
    wrong.succeed(lease, { words: 'many' });
    right.succeed(await right.next('lease'), { words: 5 });
    expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', output: { words: 5 }, attempt: 2 });
    expect((await hub.client.tasks.show({ id })).verify).toEqual({ outputSchema });
    expect(await known(hub, 'wrong')).toMatchObject({
      declared: 1,
      learned: 0,
      evidence: expect.arrayContaining([expect.objectContaining({ source: 'schema', good: 0, bad: 1 })]),
    });
    expect(await known(hub, 'right')).toMatchObject({ learned: 1 });
  });

  test('[HB-11 judged] the reason tells what does not fit', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    const id = await submit(hub, { verify: { outputSchema }, maxAttempts: 1 });
    agent.succeed(await agent.next('lease'), { words: 'many' });
    expect((await ended(hub, id)).error).toEqual({
      code: 'output_refused',
      message: 'refused by its verifier, schema: output/words must be integer',
      retryable: true,
    });
  });

  test('[HB-11 judged] the known answer of a canary is told to nobody, and kept over a restart', async () => {
    const first = await startHub();
    const secret = 'forty-two';
    const id = await submit(first, {
      verify: { canary: { expected: { answer: secret, why: [1, 2] } } },
      maxAttempts: 2,
      backoff: atOnce,
    });
    await first.stop();
    const hub = await startHub({ after: first });
    const agent = await rawAgent(hub);
    const lease = await agent.next('lease');
    agent.succeed(lease, { answer: 'no idea' });
    const again = await agent.next('lease');
    agent.succeed(again, { why: [1, 2], answer: secret });
    expect((await ended(hub, id)).state).toBe('succeeded');
    const told = JSON.stringify([
      lease,
      again,
      await hub.client.tasks.show({ id }).then(({ output: _, ...shown }) => shown),
      await hub.client.events.list({ limit: 100 }),
    ]);
    expect(told).toContain('output_refused');
    expect((await hub.client.tasks.show({ id })).verify).toEqual({ canary: {} });
    expect(told).not.toContain(secret);
    expect(await known(hub, 'raw')).toMatchObject({ learned: 0.5 });
  });

  test('[HB-11 completion-only] completing everything moves reliability and leaves proficiency as declared', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { capabilities: [{ name: 'echo', proficiency: 0.5 }] });
    for (let n = 0; n < 6; n++) await submit(hub, { maxAttempts: 1 });
    agent.fail(await agent.next('lease'));
    await agent.run(5);
    await agent.roundTrip();
    const echo = await known(hub, 'raw');
    expect(echo).toMatchObject({ declared: 0.5, blend: 0.5, reliability: 0.9 });
    expect(echo.learned).toBeUndefined();
  });
});

describe('second opinions', () => {
  const check = { capability: 'check.echo' };

  test('[HB-11 judged] a check by another agent counts, and the result does not wait for it', async () => {
    const hub = await startHub();
    const worker = await rawAgent(hub, { name: 'worker' });
    const judge = await rawAgent(hub, { name: 'judge', capabilities: [{ name: 'check.echo' }] });
    const ids: string[] = [];
    for (const [answer, verdict] of [
      ['right', true],
      ['wrong', { pass: false, why: 'no' }],
      ['right', true],
    ] as const) {
      const id = await submit(hub, { input: 'question', kind: 'quiz', verify: { check } });
      ids.push(id);
      worker.succeed(await worker.next('lease'), answer);
      expect(await ended(hub, id)).toMatchObject({ state: 'succeeded', output: answer });
      const lease = await judge.next('lease');
      expect(lease).toMatchObject({ kind: 'check', input: { kind: 'quiz', input: 'question', output: answer } });
      judge.succeed(lease, verdict);
      await ended(hub, lease.taskId);
    }
    const { learned, evidence } = await known(hub, 'worker');
    expect(learned).toBeCloseTo(2 / 3, 3);
    expect(evidence).toContainEqual(expect.objectContaining({ source: 'check', good: 2, bad: 1 }));
    for (const id of ids) expect((await hub.client.tasks.show({ id })).state).toBe('succeeded');
  });

  test('[HB-11 judged] nobody is judged by its own word', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { capabilities: [{ name: 'echo', proficiency: 0.4 }, { name: 'check.echo' }] });
    await submit(hub, { verify: { check, rerun: { share: 1 } } });
    agent.succeed(await agent.next('lease'), 'mine');
    for (let n = 0; n < 2; n++) {
      const lease = await agent.next('lease');
      agent.succeed(lease, lease.kind === 'check' ? true : 'mine');
      await ended(hub, lease.taskId);
    }
    const echo = await known(hub, 'raw');
    expect([echo.learned, echo.blend]).toEqual([undefined, 0.4]);
  });

  test('[HB-11 judged] a re-run elsewhere: who agrees gains, who disagrees both lose half', async () => {
    const hub = await startHub();
    const [one, other] = [
      await rawAgent(hub, { name: 'one', priceMicroUsd: '0' }),
      await rawAgent(hub, { name: 'other', priceMicroUsd: '900000' }),
    ];
    for (const again of [{ b: 2, a: 1 }, { a: 'differs' }]) {
      const id = await submit(hub, { input: { n: 1 }, verify: { rerun: { share: 1 } } });
      const lease = await one.next('lease');
      // Busy with something else when the re-run comes.
      await submit(hub, { constraints: { maxPriceMicroUsd: '1' } });
      one.succeed(lease, { a: 1, b: 2 });
      await ended(hub, id);
      const rerun = await other.next('lease');
      expect(rerun.input).toEqual({ n: 1 });
      other.succeed(rerun, again);
      await ended(hub, rerun.taskId);
      one.succeed(await one.next('lease'));
    }
    for (const name of ['one', 'other']) {
      const { learned, evidence } = await known(hub, name);
      expect(learned).toBeCloseTo(1 / 1.5, 3);
      expect(evidence).toContainEqual(expect.objectContaining({ source: 'rerun', good: 1, bad: 1 }));
    }
  });

  test('[HB-11 judged] a capability to check with that nobody ever declared is refused', async () => {
    const hub = await startHub();
    await rawAgent(hub);
    const body = { requires: [{ name: 'echo' }], verify: { check: { capability: 'chek.echo' } } };
    expect((await hub.call('POST', '/v1/tasks', { body })).body.code).toBe('unknown_capability');
  });
});

describe('an agent that lies', () => {
  test('[LD-08] [HB-11 blend evidence] about its proficiency loses work to an honest one, and everybody can see why', async () => {
    const hub = await startHub();
    let turn = 0;
    const answer = async (input: unknown) => (input as number) * 2;
    const lie = async (input: unknown) => (++turn % 10 < 3 ? (input as number) * 2 : 0);
    await startAgent(hub, lie, { offer: { name: 'liar', capabilities: [{ name: 'echo', proficiency: 1 }] } });
    await startAgent(hub, answer, { offer: { name: 'honest', capabilities: [{ name: 'echo', proficiency: 0.8 }] } });
    for (let n = 1; n <= 20; n++) {
      const id = await submit(hub, {
        input: n,
        verify: { canary: { expected: n * 2 } },
        backoff: atOnce,
        maxAttempts: 20,
      });
      expect((await ended(hub, id)).state).toBe('succeeded');
    }
    const [liar, honest] = [await known(hub, 'liar'), await known(hub, 'honest')];
    expect(liar).toMatchObject({ declared: 1 });
    expect(liar.blend).toBeLessThan(honest.blend);
    // Work goes to the honest one now, idle as the liar is.
    const honestId = await idOf(hub, 'honest');
    for (let n = 0; n < 5; n++) expect((await ended(hub, await submit(hub, { input: n }))).agentId).toBe(honestId);
    const demanding = await submit(hub, { input: 1, requires: [{ name: 'echo', minProficiency: 0.95 }] });
    const { agents } = await hub.client.tasks.explain({ id: demanding });
    const verdict = agents.find(({ agentName }) => agentName === 'liar')!;
    expect(verdict.proficiency).toEqual([{ capability: 'echo', declared: 1, blend: liar.blend }]);
    expect(verdict.failed).toEqual({ requirement: 'proficiency of echo', wanted: 0.95, found: liar.blend });
    const { items } = await hub.client.events.list({ type: 'agent.proficiency', limit: 1_000 });
    expect(items.length).toBeGreaterThan(0);
  });

  test('[HB-11 evidence] is known for one after a restart, and after it declares itself anew', async () => {
    const first = await startHub();
    const agent = await rawAgent(first);
    for (let n = 0; n < 3; n++) {
      const id = await submit(first, { verify: { canary: { expected: 1 } }, maxAttempts: 1 });
      agent.succeed(await agent.next('lease'), 2);
      await ended(first, id);
    }
    const before = await known(first, 'raw');
    expect(before.evidence).toContainEqual(expect.objectContaining({ source: 'canary', good: 0, bad: 3 }));
    await first.stop();
    const hub = await startHub({ after: first });
    const { evidence } = await known(hub, 'raw');
    expect(evidence).toContainEqual(expect.objectContaining({ source: 'canary', good: 0, bad: 3 }));
    const id = await idOf(hub, 'raw');
    await hub.client.agents.update({ id, capabilities: [{ name: 'echo', proficiency: 0.9 }] });
    expect(await known(hub, 'raw')).toMatchObject({ declared: 0.9, blend: expect.closeTo((0.9 * 4) / 7, 3) });
    const task = await submit(hub, { requires: [{ name: 'echo', minProficiency: 0.8 }] });
    const { agents } = await hub.client.tasks.explain({ id: task });
    expect(agents[0]!.failed!.requirement).toBe('proficiency of echo');
  });
});

describe('output schemas', () => {
  const hub = sharedHub();

  test.each<[string, object, string]>([
    ['a pattern, which may take exponential time', { type: 'string', pattern: '^(a+)+$' }, 'the keyword pattern'],
    ['a reference, which may recurse', { $ref: '#' }, 'the keyword $ref'],
    ['uniqueItems, which is quadratic', { type: 'array', uniqueItems: true }, 'the keyword uniqueItems'],
    [
      'hidden deep inside',
      { properties: { a: { items: { anyOf: [{ not: { pattern: 'x' } }] } } } },
      'the keyword pattern',
    ],
    ['what is no schema', { type: 'number', minimum: 'low' }, 'not a JSON Schema'],
    ['what is too large', { description: 'x'.repeat(20_000) }, 'characters'],
  ])('[HB-11 judged] are refused with %s', async (_, schema, told) => {
    const body = { requires: [{ name: 'echo' }], allowUnknown: true, verify: { outputSchema: schema } };
    const answer = await hub().call('POST', '/v1/tasks', { body });
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(told);
    expect(answer.body.issues[0].path).toEqual(['verify', 'outputSchema']);
  });

  test('[HB-11 judged] and verifiers without any are refused', async () => {
    const body = { requires: [{ name: 'echo' }], allowUnknown: true, verify: {} };
    expect((await hub().call('POST', '/v1/tasks', { body })).status).toBe(422);
    await eventually(async () => (await hub().client.tasks.list()).items.length === 0);
  });
});
