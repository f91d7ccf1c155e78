/** Traffic replayed on nodes of known prices, slots and speeds: what comes of it can be counted by hand. */
import { describe, expect, test } from 'vitest';
import type { TraceRequest } from '../../src/api/trace.ts';
import { simulate } from '../../src/services/simulate-prices.ts';

const startMs = Date.UTC(2026, 10, 21);
const settings = { seed: 7, maxWaitMs: 1_000 };
const offer = (node: string, price: number, maxConcurrency = 1) => ({
  node,
  model: 'm',
  priceInputMicroUsd: `${price}`,
  priceOutputMicroUsd: `${price}`,
  maxConcurrency,
});
const request = (atMs: number, node = 'a', durationMs = 100, model = 'm'): TraceRequest => ({
  arrivedAtMs: startMs + atMs,
  durationMs,
  model,
  promptTokens: 600_000,
  completionTokens: 400_000,
  node,
  priceInputMicroUsd: '0',
  priceOutputMicroUsd: '0',
});
const cost = { inputMicroUsd: 0n, outputMicroUsd: 0n };

describe('a replay', () => {
  test('[MK-11 replay] counts what was served, lost, waited for and earned, to the micro-dollar', () => {
    const requests = [request(0), request(50), request(60, 'a', 100, 'unknown')];
    const report = simulate({ requests, offers: [offer('a', 1_000)] }, { policy: 'cheapest' }, settings);
    expect(report).toEqual({
      durationMs: 200,
      served: 2,
      lost: 1,
      meanWaitMs: 25,
      revenueMicroUsd: '2000',
      priceChanges: 0,
      nodes: [{ node: 'a', served: 2, revenueMicroUsd: '2000', utilisation: 1 }],
    });
  });

  test('[MK-11 replay] a request that waits for longer than allowed is lost', () => {
    const requests = [request(0, 'a', 2_000), request(1), request(1_500)];
    const report = simulate({ requests, offers: [offer('a', 1)] }, { policy: 'cheapest' }, settings);
    expect(report).toMatchObject({ served: 2, lost: 1 });
  });

  test('[LD-10 matching] the policy decides who serves, by the scores of the hub', () => {
    const offers = [offer('cheap-slow', 100_000, 50), offer('dear-fast', 900_000, 50)];
    const requests = Array.from({ length: 50 }, (_, at) =>
      request(at * 10, at % 2 ? 'cheap-slow' : 'dear-fast', at % 2 ? 4_000 : 200),
    );
    const servedBy = (policy: 'cheapest' | 'fastest') =>
      simulate({ requests, offers }, { policy }, settings).nodes.map(({ served }) => served);
    expect(servedBy('cheapest')).toEqual([50, 0]);
    expect(servedBy('fastest')).toEqual([0, 50]);
  });

  test('[LD-10 matching] the same seed gives the same report, another another', () => {
    const offers = ['a', 'b', 'c', 'd'].map((name) => offer(name, 1_000, 4));
    const requests = Array.from({ length: 200 }, (_, at) => request(at * 7, 'abcd'[at % 4]!, 90));
    const report = (seed: number) => simulate({ requests, offers }, { policy: 'balanced' }, { ...settings, seed });
    expect(report(1)).toEqual(report(1));
    expect(report(1)).not.toEqual(report(2));
  });
});

describe('prices', () => {
  const dayOf = (everyMs: number) => Array.from({ length: 86_400_000 / everyMs }, (_, at) => request(at * everyMs));

  test('[MK-11 replay] [LD-10 prices] a node that is idle under demand gets cheaper, within the cap, down to its floor', () => {
    const requests = dayOf(60_000);
    const trace = { requests, offers: [offer('a', 1_000_000), offer('b', 2_000_000)] };
    const pricing = {
      node: 'a',
      model: 'demand',
      cost: { inputMicroUsd: 0n, outputMicroUsd: 500_000n },
      everyMs: 600_000,
    } as const;
    const now = simulate(trace, { policy: 'cheapest' }, settings);
    const tried = simulate(trace, { policy: 'cheapest', pricing }, settings);
    expect(now.priceChanges).toBe(0);
    expect(tried.priceChanges).toBeGreaterThan(5);
    expect(BigInt(tried.revenueMicroUsd)).toBeLessThan(BigInt(now.revenueMicroUsd));
    // Of each request 400,000 tokens are paid at no less than the floor of 650,000 for a million.
    expect(BigInt(tried.revenueMicroUsd)).toBeGreaterThanOrEqual(260_000n * BigInt(requests.length));
  });

  test('[LD-10 prices] the median brings a node that nobody takes back into the market', () => {
    const trace = { requests: dayOf(120_000), offers: [offer('a', 900_000), offer('b', 300_000), offer('c', 310_000)] };
    const pricing = { node: 'a', model: 'median', cost, everyMs: 600_000 } as const;
    const served = (variant: object) =>
      simulate(trace, { policy: 'balanced', ...variant }, settings).nodes.find(({ node }) => node === 'a')!.served;
    expect(served({ pricing })).toBeGreaterThan(served({}));
  });
});
