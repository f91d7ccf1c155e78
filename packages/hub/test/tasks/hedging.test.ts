import { describe, expect, test } from 'vitest';
import { TaskSubmission } from '../../src/api/index.ts';
import type { HubSettings } from '../../src/components.ts';
import type { AttachedTask } from '../../src/services/attached-tasks.ts';
import { rawAgent } from '../kit/agents.ts';
import type { LeaseFrame, RawAgent } from '../kit/raw-agent.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { storyOf } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

const terms = { quantile: 0.95, minDelayMs: 5, minSamples: 2, maxShare: 1 };

interface Stream extends AttachedTask {
  readonly said: string[];
  readonly agents: string[];
  readonly hedged: Promise<void>;
}

function stream(hub: HubUnderTest, signal = new AbortController().signal, hedge = terms): Stream {
  const [said, agents] = [[] as string[], [] as string[]];
  const hedged = Promise.withResolvers<void>();
  const attached = hub.hub.attach({
    tenant: 'acme',
    submission: TaskSubmission.parse({ requires: [{ name: 'echo' }], input: 'question', maxAttempts: 2 }),
    onChunks: (data, taken) => {
      said.push(...data);
      taken(data.reduce((sum, { length }) => sum + length, 0));
    },
    onLease: (agentId) => void agents.push(agentId),
    onHedge: hedged.resolve,
    hedge,
    signal,
    durability: 'sync',
  });
  attached.output.catch(() => {}); // looked at where a test is about it
  return { ...attached, said, agents, hedged: hedged.promise };
}

function say(agent: RawAgent, { taskId, fence }: LeaseFrame, index: number, ...data: string[]): void {
  agent.send({ type: 'chunks', taskId, fence, index, data });
}

interface Pair {
  readonly hub: HubUnderTest;
  readonly slow: RawAgent;
  readonly fast: RawAgent;
}

/** Two agents, and streams of which enough is known to call one late. The first is known to take what comes next. */
async function measured(settings: Partial<HubSettings> = {}, hedge = terms): Promise<Pair> {
  const hub = await startHub({ settings });
  const slow = await rawAgent(hub, { name: 'slow', capabilities: [{ name: 'echo', proficiency: 1 }], slots: 4 });
  for (let count = 0; count < terms.minSamples; count++) {
    const { output } = stream(hub, undefined, hedge);
    const lease = await slow.next('lease');
    say(slow, lease, 0, 'a');
    slow.succeed(lease, 'known');
    await output;
  }
  const fast = await rawAgent(hub, { name: 'fast', capabilities: [{ name: 'echo', proficiency: 0 }], slots: 4 });
  return { hub, slow, fast };
}

async function hedged({ hub, slow, fast }: Pair, signal?: AbortSignal) {
  const asked = stream(hub, signal);
  const [first, second] = [await slow.next('lease'), await fast.next('lease')];
  await asked.hedged;
  return { asked, first, second };
}

async function typesOf(hub: HubUnderTest, id: string): Promise<string[]> {
  return (await storyOf(hub, id)).map(({ type }) => type);
}

describe('a stream that is late in beginning', () => {
  test('[MK-03 hedging] goes to a second agent under the same fence; the first to give something counts, the other stops', async () => {
    const pair = await measured();
    const { asked, first, second } = await hedged(pair);
    const { hub, slow, fast } = pair;
    expect(second).toMatchObject({ taskId: first.taskId, fence: first.fence, attempt: 1, input: 'question' });
    say(fast, second, 0, 'of the second');
    expect(await slow.next('cancel')).toMatchObject({ fence: first.fence, reason: 'another was faster' });
    say(slow, first, 0, 'of the first');
    slow.succeed(first, 'too late');
    fast.succeed(second, 'answer');
    expect(await asked.output).toBe('"answer"');
    expect(asked.said).toEqual(['of the second']);
    const task = await ended(hub, asked.taskId);
    expect(task).toMatchObject({ output: 'answer', attempt: 1, agentId: asked.agents.at(-1) });
    expect(asked.agents).toHaveLength(2);
    const story = ['task.submitted', 'task.leased', 'task.hedged', 'task.moved', 'task.succeeded'];
    await eventually(
      () => typesOf(hub, asked.taskId),
      (types) => story.join() === types.join(),
    );
    expect(await hub.metric('reeve_hub_hedges_total', 'outcome="won"')).toBe(1);
  });

  test('[MK-03 hedging] stays with the first when that begins first, and the second is told to stop', async () => {
    const pair = await measured();
    const { asked, first, second } = await hedged(pair);
    say(pair.slow, first, 0, 'of the first');
    expect(await pair.fast.next('cancel')).toMatchObject({ fence: second.fence });
    say(pair.fast, second, 0, 'of the second');
    pair.fast.succeed(second, 'too late');
    expect(await pair.fast.next('lost')).toMatchObject({ fence: second.fence });
    pair.slow.succeed(first, 'answer');
    expect(await asked.output).toBe('"answer"');
    expect(asked.said).toEqual(['of the first']);
  });

  test('[MK-03 hedging] goes on with the other when one of the two fails, and nobody notices', async () => {
    const pair = await measured();
    for (const failing of ['first', 'second'] as const) {
      const { asked, first, second } = await hedged(pair);
      const [bad, good] = failing === 'first' ? [pair.slow, pair.fast] : [pair.fast, pair.slow];
      const [theirs, mine] = failing === 'first' ? [first, second] : [second, first];
      bad.fail(theirs);
      await bad.next('accepted');
      say(good, mine, 0, 'one answer');
      good.succeed(mine, 'answer');
      expect(await asked.output).toBe('"answer"');
      expect(asked.said).toEqual(['one answer']);
      expect(await ended(pair.hub, asked.taskId)).toMatchObject({ attempt: 1, state: 'succeeded' });
      await good.next('accepted');
    }
  });

  test('[MK-03 hedging] that was hedged and is wanted no more ends at both', async () => {
    const pair = await measured();
    const controller = new AbortController();
    const { first, second } = await hedged(pair, controller.signal);
    controller.abort(new Error('gone'));
    expect(await pair.slow.next('cancel')).toMatchObject({ fence: first.fence });
    expect(await pair.fast.next('cancel')).toMatchObject({ fence: second.fence });
    await eventually(
      () => pair.hub.metric('reeve_hub_busy_slots'),
      (busy) => busy === 0,
    );
  });

  test('[MK-03 hedging] is not hedged beyond the retry budget', async () => {
    const { hub, slow } = await measured({ retryBudget: { share: 0, perSecond: 0 } });
    const asked = stream(hub);
    const lease = await slow.next('lease');
    await eventually(
      () => hub.metric('reeve_hub_hedges_total', 'outcome="retry_budget"'),
      (count) => count === 1,
    );
    slow.succeed(lease, 'answer');
    expect(await asked.output).toBe('"answer"');
  });

  test('[MK-03 hedging] is not hedged beyond its share of the streams', async () => {
    const rare = { ...terms, maxShare: 0 };
    const { hub, slow, fast } = await measured({}, rare);
    const [one, other] = [stream(hub, undefined, rare), stream(hub, undefined, rare)];
    await eventually(
      () => hub.metric('reeve_hub_hedges_total'),
      (both) => both === 2,
    );
    const given = (): number => fast.seen('lease').length + slow.seen('lease').length;
    await eventually(given, (leases) => leases === 3);
    expect(await hub.metric('reeve_hub_hedges_total', 'outcome="too_many"'), 'one in ten seconds').toBe(1);
    for (const agent of [slow, fast])
      for (const lease of agent.seen('lease')) agent.succeed(lease as LeaseFrame, 'answer');
    expect(await Promise.all([one.output, other.output])).toEqual(['"answer"', '"answer"']);
  });
});
