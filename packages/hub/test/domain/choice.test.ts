import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AgentOffer, Constraints } from '../../src/api/index.ts';
import { chooseAgent } from '../../src/domain/choice.ts';
import { ClassQueue } from '../../src/domain/class-queue.ts';
import { newFigures, succeeded, type Figures } from '../../src/domain/figures.ts';
import {
  newAgent,
  standingOf,
  type AgentLink,
  type Follower,
  type Lease,
  type LiveAgent,
  type LiveTask,
} from '../../src/domain/live.ts';
import { firstMismatch, highestScore, matchable, score } from '../../src/domain/match.ts';
import { WaitingTable } from '../../src/domain/waiting-table.ts';
import { requirementClass } from '../../src/domain/requirement-class.ts';

const capability = 'llm.chat:m';
const requires = [{ name: capability, minProficiency: 0 }];
const link = { congested: false, draining: false } as AgentLink;

interface Given {
  readonly priceOutput?: number;
  readonly proficiency?: number;
  readonly slots?: number;
  readonly busy?: number;
  readonly figures?: Partial<Figures>;
  readonly said?: { firstTokenMs: number; tokensPerSecond: number };
}

function agentNamed(name: string, given: Given = {}): LiveAgent {
  const { priceOutput = 0, proficiency = 1, slots = 4, busy = 0, figures, said } = given;
  const benchmark = said && { ...said, peakTokensPerSecond: 1, peakConcurrency: 1, measuredAtMs: 0 };
  const tokens = { priceInputMicroUsd: '0', priceOutputMicroUsd: `${priceOutput}`, ...(benchmark && { benchmark }) };
  const offer: AgentOffer = {
    name,
    capabilities: [{ name: capability, proficiency, tokens }],
    slots,
    priceMicroUsd: '0',
    labels: {},
    stakeMicroUsd: '0',
  };
  const known = { id: name, tenant: 'a', registeredAtMs: 0, offer, heardAtMs: 0, lastSeenAtMs: undefined };
  const agent = newAgent({ ...known, intent: 'active' });
  agent.link = link;
  for (let fence = 0; fence < busy; fence++) agent.leases.set(fence, {} as Lease);
  if (figures) agent.figures.set(capability, { ...newFigures(), ...figures });
  return agent;
}

function queueOf(agents: readonly LiveAgent[], constraints: Constraints): ClassQueue {
  const queue = new ClassQueue(requirementClass(requires, constraints), new WaitingTable({ lowDeferralMs: 0 }));
  for (const agent of agents) queue.qualify(agent);
  return queue;
}

function chosen(
  agents: readonly LiveAgent[],
  constraints: Constraints,
  task: Partial<LiveTask> = {},
  random = () => 0.5,
) {
  return chooseAgent(queueOf(agents, constraints), { failedOn: undefined, ...task } as LiveTask, random)?.offer.name;
}

describe('policies', () => {
  const agents = () => [
    agentNamed('cheap', { priceOutput: 1, proficiency: 0.3, figures: { firstChunkMs: 900 } }),
    agentNamed('fast', { priceOutput: 900_000, proficiency: 0.5, figures: { firstChunkMs: 20 } }),
    agentNamed('able', { priceOutput: 500_000, proficiency: 0.9, figures: { firstChunkMs: 500 } }),
  ];
  test.each([
    ['cheapest', 'cheap'],
    ['fastest', 'fast'],
    ['best', 'able'],
  ] as const)('[LD-01 policy] %s chooses %s', (policy, name) => {
    expect(chosen(agents(), { policy })).toBe(name);
  });

  test('[LD-01 price] the cheapest is the cheapest also when it is nearly full', () => {
    const [full, idle] = [agentNamed('full', { priceOutput: 100, busy: 3 }), agentNamed('idle', { priceOutput: 110 })];
    expect(chosen([full, idle], { policy: 'cheapest' })).toBe('full');
  });

  test('[LD-01 load] of equals the one with more free slots is chosen, under each policy', () => {
    for (const policy of ['cheapest', 'fastest', 'best', 'balanced'] as const)
      expect(chosen([agentNamed('busy', { busy: 3 }), agentNamed('idle')], { policy })).toBe('idle');
  });

  test('[MK-03 selection] what was measured outweighs what an agent says of itself; the unknown is tried', () => {
    const liar = {
      said: { firstTokenMs: 1, tokensPerSecond: 100_000 },
      figures: { firstChunkMs: 3_000, chunkGapMs: 50 },
    };
    const honest = { said: { firstTokenMs: 50, tokensPerSecond: 200 } };
    expect(chosen([agentNamed('liar', liar), agentNamed('honest', honest)], { policy: 'fastest' })).toBe('honest');
    expect(chosen([agentNamed('new'), agentNamed('honest', honest)], { policy: 'fastest' })).toBe('new');
  });

  test('[MK-03 selection] an agent that fails is passed over, however cheap it is', () => {
    const failing = agentNamed('failing', { priceOutput: 1, figures: { success: 0.3 } });
    expect(chosen([failing, agentNamed('sound', { priceOutput: 400_000 })], { policy: 'cheapest' })).toBe('sound');
  });

  test('[LD-08 outcomes] one that was found to lie is passed over under every policy, however cheap and fast it says it is', () => {
    for (const policy of ['cheapest', 'fastest', 'best', 'balanced'] as const) {
      const liar = agentNamed('liar', { priceOutput: 1, figures: { firstChunkMs: 1 } });
      liar.matchable = matchable(liar.offer, new Map([[capability, 0.1]]));
      const honest = agentNamed('honest', { priceOutput: 900_000, figures: { firstChunkMs: 900 }, busy: 2 });
      expect(chosen([liar, honest], { policy })).toBe('honest');
      expect(chosen([liar], { policy })).toBe('liar'); // when there is nobody else
    }
  });

  test('[LD-08 outcomes] balanced takes no liar for want of a second one to compare with: who is away is no comparison', () => {
    const liar = agentNamed('liar');
    liar.matchable = matchable(liar.offer, new Map([[capability, 0.1]]));
    const away = agentNamed('away');
    away.link = undefined;
    const agents = [liar, agentNamed('honest'), away];
    for (let draw = 0.05; draw < 1; draw += 0.1)
      for (let other = 0.05; other < 1; other += 0.1) {
        const drawn = [draw, other];
        expect(chosen(agents, { policy: 'balanced' }, {}, () => drawn.shift() ?? 0.5)).not.toBe('liar');
      }
  });

  test('[MK-03 selection] balanced compares two and never takes the worst of three, but for those it explores', () => {
    const three = [
      agentNamed('good', { figures: { firstChunkMs: 10 } }),
      agentNamed('fair', { figures: { firstChunkMs: 400 } }),
      agentNamed('poor', { figures: { firstChunkMs: 9_000 } }),
    ];
    const queue = queueOf(three, { policy: 'balanced' });
    const seen = new Map<string, number>();
    let state = 7;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 6_400; round++) {
      const name = chooseAgent(queue, { failedOn: undefined } as LiveTask, random)!.offer.name;
      seen.set(name, (seen.get(name) ?? 0) + 1);
    }
    expect(seen.get('good')).toBeGreaterThan(3_600); // two of three pairs
    expect(seen.get('fair')).toBeGreaterThan(1_600);
    expect(seen.get('poor')).toBeLessThan(100); // a third of the 64th that is explored
    expect(seen.get('poor')).toBeGreaterThan(5);
  });
});

describe('who comes first', () => {
  test('[MK-03 affinity] the one that had the conversation, unless it failed or is nearly full', () => {
    const [had, better] = [agentNamed('had', { slots: 10, proficiency: 0.2 }), agentNamed('better', { slots: 10 })];
    const follower = { preferred: had } as unknown as Follower;
    expect(chosen([had, better], {}, { follower })).toBe('had');
    expect(chosen([had, better], {}, { follower, failedOn: had })).toBe('better');
    for (let fence = 0; fence < 8; fence++) had.leases.set(fence, {} as Lease);
    expect(chosen([had, better], {}, { follower })).toBe('better');
  });

  test('[LD-08 outcomes] [MK-03 affinity] one that was found to lie does not keep its conversations', () => {
    const [had, honest] = [agentNamed('had'), agentNamed('honest', { busy: 2 })];
    const follower = { preferred: had } as unknown as Follower;
    expect(chosen([had, honest], { policy: 'balanced' }, { follower })).toBe('had');
    had.matchable = matchable(had.offer, new Map([[capability, 0.4]]));
    expect(chosen([had, honest], { policy: 'balanced' }, { follower })).toBe('honest');
  });

  test('[MK-03 affinity] one that does not meet the conditions is not preferred', () => {
    const [had, other] = [agentNamed('had'), agentNamed('other')];
    const queue = queueOf([other], {});
    const follower = { preferred: had } as unknown as Follower;
    expect(chooseAgent(queue, { failedOn: undefined, follower } as LiveTask, () => 0.5)).toBe(other);
  });

  test('[MK-03 fail-over] under each policy another than the one that failed, while there is another', () => {
    for (const policy of ['cheapest', 'fastest', 'best', 'balanced', undefined] as const) {
      const [one, other] = [
        agentNamed('one', { figures: { firstChunkMs: 1 } }),
        agentNamed('other', { priceOutput: 9 }),
      ];
      const wanted = policy ? { policy } : {};
      for (const random of [() => 0, () => 0.5, () => 0.99])
        expect(chosen([one, other], wanted, { failedOn: one }, random)).toBe('other');
      expect(chosen([one], wanted, { failedOn: one })).toBe('one');
    }
  });
});

describe('conditions', () => {
  const offers = [agentNamed('dear', { priceOutput: 1_000_000 }), agentNamed('cheap', { priceOutput: 10_000 })];
  const met = (constraints: Constraints) => {
    const { agents } = { agents: offers.filter((agent) => meets(agent, constraints)) };
    return agents.map(({ offer }) => offer.name);
  };
  const meets = (agent: LiveAgent, constraints: Constraints) =>
    firstMismatch(agent.matchable, requirementClass(requires, constraints)) === undefined;

  test('[MK-03 ceiling] of price and of cost are kept to the micro-dollar', () => {
    expect(met({ maxPriceOutputMicroUsd: '999999' })).toEqual(['cheap']);
    expect(met({ maxPriceOutputMicroUsd: '1000000' })).toEqual(['dear', 'cheap']);
    const cost = (maxMicroUsd: string) => ({ cost: { inputTokens: 5, outputTokens: 1_000, maxMicroUsd } });
    expect(met(cost('999'))).toEqual(['cheap']);
    expect(met(cost('1000'))).toEqual(['dear', 'cheap']);
    expect(met(cost('9'))).toEqual([]);
  });

  test('[LD-01 refusals] nodes to use and to avoid are refused with what was wanted', () => {
    expect(met({ agents: { only: ['dear', 'other'] } })).toEqual(['dear']);
    expect(met({ agents: { avoid: ['dear'] } })).toEqual(['cheap']);
    const wanted = requirementClass(requires, { agents: { avoid: ['dear'] } });
    expect(firstMismatch(offers[0]!.matchable, wanted)).toEqual({
      requirement: 'none of these agents',
      wanted: ['dear'],
      found: 'dear',
    });
  });

  test('[LD-01 policy] conditions of another value are another class; the order in which they are written is not', () => {
    const key = (constraints: Constraints) => requirementClass(requires, constraints).key;
    const all: Constraints[] = [
      {},
      { policy: 'fastest' },
      { policy: 'best' },
      { maxPriceInputMicroUsd: '5' },
      { maxPriceOutputMicroUsd: '5' },
      { cost: { inputTokens: 1, outputTokens: 2, maxMicroUsd: '5' } },
      { agents: { only: ['a'] } },
      { agents: { avoid: ['a'] } },
    ];
    expect(new Set(all.map(key)).size).toBe(all.length);
    expect(key({ agents: { only: ['b', 'a'] }, policy: 'best' })).toBe(
      key({ policy: 'best', agents: { only: ['a', 'b'] } }),
    );
  });
});

test('[MK-03 selection] a score is never above what is taken for its highest', () => {
  const given = fc.record({
    priceOutput: fc.nat(2_000_000),
    proficiency: fc.double({ min: 0, max: 1, noNaN: true }),
    slots: fc.integer({ min: 1, max: 8 }),
    busy: fc.nat(8),
    figures: fc.record({
      success: fc.double({ min: 0, max: 1, noNaN: true }),
      firstChunkMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
      wholeMs: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
    }),
  });
  const policies = fc.constantFrom('cheapest', 'fastest', 'best', 'balanced', undefined);
  fc.assert(
    fc.property(given, policies, (facts, policy) => {
      const agent = agentNamed('any', facts as Given);
      const wanted = requirementClass(requires, policy ? { policy } : {});
      const free = Math.max(0, agent.offer.slots - agent.leases.size);
      expect(score(standingOf(agent, free), wanted)).toBeLessThanOrEqual(highestScore(agent.matchable, wanted));
    }),
    { numRuns: 2_000 },
  );
});

test('[MK-03 selection] figures follow what is measured: chunks, gaps, whole answers', () => {
  const figures = newFigures();
  succeeded(figures, { grantedAtMs: 0, firstChunkAtMs: 100, endedAtMs: 300, chunks: 11 });
  expect(figures).toMatchObject({ answers: 1, firstChunkMs: 100, chunkGapMs: 20, wholeMs: undefined });
  succeeded(figures, { grantedAtMs: 0, firstChunkAtMs: 200, endedAtMs: 300, chunks: 1 });
  expect(figures).toMatchObject({ answers: 2, firstChunkMs: 120, chunkGapMs: 20 });
  succeeded(figures, { grantedAtMs: 50, firstChunkAtMs: undefined, endedAtMs: 300, chunks: 0 });
  expect(figures.wholeMs).toBe(250);
});
