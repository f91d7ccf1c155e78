import type { JsonValue } from '@reeve/kernel';
import { describe, expect, test } from 'vitest';
import type { WorkflowRun } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { MovableClock } from '../kit/movable-clock.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { typesOf } from '../kit/tasks.ts';
import { eventually } from '../kit/waiting.ts';

const hub = sharedHub();
const once = { maxAttempts: 1 };

interface Said {
  readonly say?: string;
  readonly fail?: boolean;
  readonly heard?: JsonValue;
}

/** Agents that note what they did, in order, and fail when they are told to. */
async function agentsOf(under: HubUnderTest, capability: string, log: string[]) {
  await startAgent(
    under,
    async (input) => {
      const { say = '', fail = false, heard = null } = input as Said;
      log.push(say);
      if (fail) throw Object.assign(new Error(`${say} failed`), { retryable: false });
      return { said: say, heard };
    },
    { offer: { name: capability, capabilities: [{ name: capability }], slots: 8 } },
  );
}

const step = (capability: string, input: Said) => ({ requires: [{ name: capability }], input: { ...input }, ...once });

async function until(under: HubUnderTest, id: string, holds: (run: WorkflowRun) => boolean): Promise<WorkflowRun> {
  return eventually(() => under.client.workflows.show({ id }), holds);
}
const isOver = ({ state, compensation }: WorkflowRun) => state !== 'running' && compensation !== 'running';
const stateOf = (run: WorkflowRun) => Object.fromEntries(run.nodes.map((node) => [node.name, node.state]));

describe('a workflow', () => {
  test('[HB-10 order] runs each node when those before it have succeeded, with their outputs in its input', async () => {
    const log: string[] = [];
    await agentsOf(hub(), 'in-order', log);
    const created = await hub().client.workflows.create({
      name: 'diamond',
      nodes: [
        { name: 'top', task: step('in-order', { say: 'top' }) },
        {
          name: 'left',
          dependsOn: ['top'],
          task: step('in-order', { say: 'left', heard: { $output: 'top', path: ['said'] } }),
        },
        { name: 'right', dependsOn: ['top'], task: step('in-order', { say: 'right' }) },
        {
          name: 'end',
          dependsOn: ['left', 'right'],
          task: step('in-order', { say: 'end', heard: [{ $output: 'left' }, { $output: 'top' }] }),
        },
      ],
    });
    expect(stateOf(created)).toMatchObject({ top: 'queued', end: 'blocked' });
    const run = await until(hub(), created.id, isOver);
    expect(run).toMatchObject({ name: 'diamond', state: 'succeeded', compensation: 'none' });
    expect(log).toHaveLength(4);
    expect([log[0], log[3]]).toEqual(['top', 'end']);
    const { output } = await hub().client.tasks.show({ id: run.nodes[3]!.taskId! });
    expect(output).toEqual({
      said: 'end',
      heard: [
        { said: 'left', heard: 'top' },
        { said: 'top', heard: null },
      ],
    });
    expect((await hub().client.workflows.list()).items).toContainEqual(expect.objectContaining({ id: created.id }));
  });

  test('[HB-10 order] a blocked task is given to nobody, says what it waits for, and can be cancelled', async () => {
    const agent = await rawAgent(hub(), { name: 'waits', capabilities: [{ name: 'waits' }], slots: 4 });
    const { id, nodes } = await hub().client.workflows.create({
      nodes: [
        { name: 'first', task: { requires: [{ name: 'waits' }] } },
        { name: 'second', dependsOn: ['first'], task: { requires: [{ name: 'waits' }] } },
      ],
    });
    const lease = await agent.next('lease');
    await agent.roundTrip();
    expect(agent.seen('lease')).toEqual([]);
    const [, second] = nodes;
    expect(await hub().client.tasks.explain({ id: second!.taskId! })).toMatchObject({
      state: 'blocked',
      summary: 'It waits for other tasks of its workflow.',
    });
    await hub().client.tasks.cancel({ id: second!.taskId! });
    agent.succeed(lease);
    expect(await until(hub(), id, isOver)).toMatchObject({ state: 'failed' });
    expect(agent.seen('lease')).toEqual([]);
  });

  test('[HB-10 failure] what comes after a failed node is cancelled and names it; what does not depend on it goes on', async () => {
    const log: string[] = [];
    await agentsOf(hub(), 'spread', log);
    const { id } = await hub().client.workflows.create({
      nodes: [
        { name: 'bad', task: step('spread', { say: 'bad', fail: true }) },
        { name: 'next', dependsOn: ['bad'], task: step('spread', { say: 'next' }) },
        { name: 'last', dependsOn: ['next'], task: step('spread', { say: 'last' }) },
        { name: 'apart', task: step('spread', { say: 'apart' }) },
        { name: 'further', dependsOn: ['apart'], task: step('spread', { say: 'further' }) },
      ],
    });
    const run = await until(hub(), id, isOver);
    expect(run.state).toBe('failed');
    expect(stateOf(run)).toEqual({
      bad: 'dead',
      next: 'cancelled',
      last: 'cancelled',
      apart: 'succeeded',
      further: 'succeeded',
    });
    for (const node of run.nodes.slice(1, 3))
      expect(node.error).toMatchObject({
        code: 'dependency_failed',
        message: 'the node bad before it failed',
        details: { node: node.name },
      });
    expect(log.toSorted()).toEqual(['apart', 'bad', 'further']);
    await expect(hub().client.tasks.replay({ id: run.nodes[0]!.taskId! })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  test('[HB-10 failure] an input that asks for what an output does not have ends its node', async () => {
    await agentsOf(hub(), 'partial', []);
    const { id } = await hub().client.workflows.create({
      nodes: [
        { name: 'one', task: step('partial', { say: 'one' }) },
        {
          name: 'two',
          dependsOn: ['one'],
          task: step('partial', { heard: { $output: 'one', path: ['said', 'more'] } }),
        },
      ],
    });
    const run = await until(hub(), id, isOver);
    expect(run).toMatchObject({ state: 'failed' });
    expect(run.nodes[1]).toMatchObject({ state: 'cancelled', error: { code: 'output_missing' } });
  });

  test('[HB-10 compensation] what succeeded is undone, the last first, with its output at hand', async () => {
    const log: string[] = [];
    await agentsOf(hub(), 'undo', log);
    const undo = (name: string) => ({
      requires: [{ name: 'undo' }],
      input: { say: `undo ${name}`, heard: { $output: name } },
    });
    const { id } = await hub().client.workflows.create({
      nodes: [
        { name: 'book', task: step('undo', { say: 'book' }), compensate: undo('book') },
        { name: 'pay', dependsOn: ['book'], task: step('undo', { say: 'pay' }), compensate: undo('pay') },
        { name: 'ship', dependsOn: ['pay'], task: step('undo', { say: 'ship', fail: true }), compensate: undo('ship') },
      ],
    });
    const run = await until(hub(), id, isOver);
    expect(run).toMatchObject({ state: 'failed', compensation: 'done' });
    expect(log).toEqual(['book', 'pay', 'ship', 'undo pay', 'undo book']);
    const { output } = await hub().client.tasks.show({ id: run.nodes[1]!.compensation!.taskId });
    expect(output).toEqual({ said: 'undo pay', heard: { said: 'pay', heard: null } });
  });

  test('[HB-10 compensation] one that fails stays visible, hinders no other, and counts once it is replayed', async () => {
    const log: string[] = [];
    const broken = new Set(['undo b']);
    await startAgent(
      hub(),
      async (input) => {
        const { say = '', fail = false } = input as Said;
        log.push(say);
        if (fail || broken.has(say)) throw new Error(`${say} failed`);
        return null;
      },
      { offer: { name: 'stubborn', capabilities: [{ name: 'stubborn' }] } },
    );
    const backoff = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const undo = (say: string) => ({ requires: [{ name: 'stubborn' }], input: { say }, maxAttempts: 2, backoff });
    const { id } = await hub().client.workflows.create({
      nodes: [
        { name: 'a', task: step('stubborn', { say: 'a' }), compensate: undo('undo a') },
        { name: 'b', dependsOn: ['a'], task: step('stubborn', { say: 'b' }), compensate: undo('undo b') },
        { name: 'c', dependsOn: ['b'], task: step('stubborn', { say: 'c', fail: true }) },
      ],
    });
    const stuck = await until(hub(), id, ({ compensation }) => compensation === 'failed');
    expect(log).toEqual(['a', 'b', 'c', 'undo b', 'undo b', 'undo a']);
    const { taskId } = stuck.nodes[1]!.compensation!;
    expect((await hub().client.tasks.list({ state: 'dead' })).items.map((task) => task.id)).toContain(taskId);
    broken.clear();
    await hub().client.tasks.replay({ id: taskId });
    await until(hub(), id, ({ compensation }) => compensation === 'done');
  });

  test.each([
    ['whose input is too large with its outputs', { both: [{ $output: 'a' }, { $output: 'b' }] }, {}, 'too_large'],
    ['whose deadline has passed', null, { deadlineAtMs: Date.now() + 3_600_000 }, 'invalid_input'],
  ])(
    '[HB-10 compensation] one %s fails where everybody sees it, hinders no other, and can be replayed',
    async (what, input, more, code) => {
      const clock = new MovableClock();
      const own = await startHub({ clock });
      const heard: unknown[] = [];
      const handler = async (given: unknown) => {
        if (given === 'large') return 'x'.repeat(200_000);
        heard.push(given);
        return null;
      };
      await startAgent(own, handler, { offer: { name: 'undoes', capabilities: [{ name: 'undoes' }] } });
      const requires = [{ name: 'undoes' }];
      const { id } = await own.client.workflows.create({
        nodes: [
          { name: 'a', task: { requires, input: 'large' }, compensate: { requires, input: 'undo a' } },
          { name: 'b', dependsOn: ['a'], task: { requires, input: 'large' }, compensate: { requires, input, ...more } },
          { name: 'c', dependsOn: ['b'], approval: 'Go on?' },
        ],
      });
      await until(own, id, ({ nodes }) => nodes[2]!.approval?.state === 'waiting');
      clock.jump(2 * 3_600_000);
      await own.client.workflows.approve({ id, node: 'c', agree: false });
      const stuck = await until(own, id, ({ compensation }) => compensation === 'failed');
      expect(heard, what).toEqual(['undo a']);
      const { taskId } = stuck.nodes[1]!.compensation!;
      const [dead] = (await own.client.tasks.list({ state: 'dead' })).items;
      expect(dead).toMatchObject({ id: taskId, error: { code, retryable: false } });
      expect(await typesOf(own, taskId)).toEqual(['task.submitted', 'task.dead']);
      await own.client.tasks.replay({ id: taskId });
      await until(own, id, ({ compensation }) => compensation === 'done');
      expect(heard).toEqual(['undo a', input]);
    },
  );

  test('[HB-10 order] waits for a person where it is told to; refused, it fails there', async () => {
    const log: string[] = [];
    await agentsOf(hub(), 'asks', log);
    const nodes = [
      { name: 'draft', task: step('asks', { say: 'draft' }), compensate: step('asks', { say: 'bin' }) },
      { name: 'agree', dependsOn: ['draft'], approval: 'Publish the draft?' },
      { name: 'publish', dependsOn: ['agree'], task: step('asks', { say: 'publish' }) },
    ];
    const [yes, no] = [await hub().client.workflows.create({ nodes }), await hub().client.workflows.create({ nodes })];
    await expect(hub().client.workflows.approve({ id: yes.id, node: 'publish' })).rejects.toMatchObject({
      code: 'not_waiting_for_approval',
    });
    for (const { id } of [yes, no]) await until(hub(), id, (run) => run.nodes[1]!.approval?.state === 'waiting');
    expect(log).toEqual(['draft', 'draft']);
    await hub().client.workflows.approve({ id: yes.id, node: 'agree' });
    const agreed = await until(hub(), yes.id, isOver);
    expect(agreed.state).toBe('succeeded');
    expect(agreed.nodes[1]!.approval).toMatchObject({
      about: 'Publish the draft?',
      state: 'given',
      by: expect.stringMatching(/^key:/),
    });
    await hub().client.workflows.approve({ id: no.id, node: 'agree', agree: false });
    expect(await until(hub(), no.id, isOver)).toMatchObject({ state: 'failed', compensation: 'done' });
    expect(log.toSorted()).toEqual(['bin', 'draft', 'draft', 'publish']);
    const key = await hub().keyOf('acme', 'tasks:*');
    expect((await hub().call('POST', `/v1/workflows/${no.id}/approve`, { key, body: { node: 'agree' } })).status).toBe(
      403,
    );
  });

  test('is cancelled with all that has not ended, and what has succeeded is undone', async () => {
    const log: string[] = [];
    await agentsOf(hub(), 'stop', log);
    const agent = await rawAgent(hub(), { name: 'long', capabilities: [{ name: 'long' }] });
    const { id } = await hub().client.workflows.create({
      nodes: [
        { name: 'done', task: step('stop', { say: 'done' }), compensate: step('stop', { say: 'undone' }) },
        { name: 'long', dependsOn: ['done'], task: { requires: [{ name: 'long' }] } },
        { name: 'never', dependsOn: ['long'], task: step('stop', { say: 'never' }) },
        { name: 'ask', approval: 'Sure?' },
      ],
    });
    await agent.next('lease');
    await hub().client.workflows.cancel({ id });
    await agent.next('cancel');
    const run = await until(hub(), id, isOver);
    expect(run).toMatchObject({ state: 'cancelled', compensation: 'done' });
    expect(stateOf(run)).toMatchObject({ done: 'succeeded', long: 'cancelled', never: 'cancelled' });
    expect(run.nodes[3]!.approval!.state).toBe('withdrawn');
    expect(log).toEqual(['done', 'undone']);
    await expect(hub().client.workflows.cancel({ id })).rejects.toMatchObject({ code: 'workflow_ended' });
  });

  test('[HB-10 order] goes on after a restart: what was blocked stays so, what may run runs', async () => {
    const first = await startHub();
    const agent = await rawAgent(first, { name: 'before', capabilities: [{ name: 'later' }] });
    const { id } = await first.client.workflows.create({
      nodes: [
        { name: 'one', task: step('later', { say: 'one' }) },
        { name: 'two', dependsOn: ['one'], task: step('later', { say: 'two', heard: { $output: 'one' } }) },
        { name: 'three', dependsOn: ['two'], task: step('later', { say: 'three' }) },
      ],
    });
    const lease = await agent.next('lease');
    // It is to take nothing more, or what it took last would be lost with it.
    const [before] = (await first.client.agents.list()).items;
    await first.client.agents.pause({ id: before!.id });
    agent.succeed(lease, 'from before');
    await agent.next('accepted');
    await first.stop();
    const second = await startHub({ after: first, settings: { leaseTtlMs: 500, heartbeatMs: 100 } });
    const after = await rawAgent(second, { name: 'after', slots: 2, capabilities: [{ name: 'later' }] });
    const two = await after.next('lease');
    expect(two['input']).toMatchObject({ say: 'two', heard: 'from before' });
    // It has room for one more, and would have been given that in the same pass.
    const states = stateOf(await until(second, id, (run) => stateOf(run)['two'] === 'leased'));
    expect(states).toMatchObject({ three: 'blocked' });
    after.succeed(two, 'from two');
    const three = await after.next('lease');
    expect(three['input']).toMatchObject({ say: 'three' });
    after.succeed(three, 'from three');
    const run = await until(second, id, isOver);
    expect(stateOf(run)).toEqual({ one: 'succeeded', two: 'succeeded', three: 'succeeded' });
  });
});

describe('refused is', () => {
  const task = { requires: [{ name: 'x' }], allowUnknown: true };
  test.each([
    [
      '[HB-10 cycles] a cycle, by name',
      [
        { name: 'a', task, dependsOn: ['b'] },
        { name: 'b', task, dependsOn: ['a'] },
      ],
      'workflow_cycle',
      'a → b → a',
    ],
    ['a dependency that is no node', [{ name: 'a', task, dependsOn: ['z'] }], 'invalid_input', 'a depends on z'],
    [
      'a name that comes twice',
      [
        { name: 'a', task },
        { name: 'a', task },
      ],
      'invalid_input',
      'two nodes named a',
    ],
    ['a node that is nothing', [{ name: 'a', task }, { name: 'b' }], 'invalid_input', 'either task or approval'],
    ['nothing but approvals', [{ name: 'a', approval: 'Sure?' }], 'invalid_input', 'must be a task'],
    [
      'the output of what does not come before',
      [
        { name: 'a', task: { ...task, input: { $output: 'b' } } },
        { name: 'b', task },
      ],
      'invalid_input',
      'no task before it',
    ],
    [
      'an output reference that is none',
      [{ name: 'a', task: { ...task, input: { $output: 'b', more: 1 } } }],
      'invalid_input',
      'nothing else',
    ],
    [
      'a compensation that takes a part of an output',
      [{ name: 'a', task, compensate: { ...task, input: { $output: 'a', path: ['b'] } } }],
      'invalid_input',
      'outputs whole',
    ],
    [
      'an unknown capability',
      [{ name: 'a', task: { requires: [{ name: 'nobody-has-this' }] } }],
      'unknown_capability',
      'nobody-has-this',
    ],
  ])('%s', async (_, nodes, code, words) => {
    const { body } = await hub().call('POST', '/v1/workflows', { body: { nodes } });
    expect(body).toMatchObject({ code, detail: expect.stringContaining(words) });
  });

  test('a look into the workflow of another tenant', async () => {
    const { id } = await hub().client.workflows.create({ nodes: [{ name: 'a', task }] });
    const key = await hub().keyOf('other', '*');
    expect((await hub().call('GET', `/v1/workflows/${id}`, { key })).body).toMatchObject({ code: 'not_found' });
  });
});
