/** A node that finds its prices by itself: what it asks is on disk first, bounded over restarts, and taken back when the replay was wrong. */
import { createLogger, openDatabase, platformMigrations } from '@reeve/platform';
import { systemClock } from '@reeve/kernel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { outOfBand } from '../../src/domain/pricing/live-band.ts';
import { tokenCost } from '../../src/domain/pricing/token-cost.ts';
import { AutoPricing, type AutoPricingParts } from '../../src/pricing/auto-pricing.ts';
import { LiveLoad } from '../../src/pricing/live-load.ts';
import { PriceBook } from '../../src/pricing/price-book.ts';
import { nodeMigrations } from '../../src/migrations/node/index.ts';

const hourMs = 3_600_000;
const signal = new AbortController().signal;
const both = (price: bigint) => ({ inputMicroUsd: price, outputMicroUsd: price });
const model = { capability: 'llm.chat:m', name: 'm', ownPrice: both(100_000n), cost: both(0n) };

/** A node with a clock that the test moves and a market that it makes up; `start` is what a process would do. */
async function startNode(parts: Partial<AutoPricingParts> = {}) {
  const home = await mkdtemp(join(tmpdir(), 'reeve-prices-'));
  const url = join(home, 'node.db');
  const migrations = [...platformMigrations, ...nodeMigrations];
  const database = await openDatabase({ url, migrations, clock: systemClock });
  onTestFinished(async () => {
    await database[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });
  const state = { nowMs: 1_000_000, market: 1_000_000n, asked: [] as bigint[], lines: [] as Record<string, unknown>[] };
  const clock = { nowMs: () => state.nowMs, monotonicMs: () => state.nowMs };
  const load = new LiveLoad(clock.monotonicMs);
  const destination = { write: (text: string) => void state.lines.push(JSON.parse(text) as Record<string, unknown>) };
  const start = async () => {
    const pricing = await AutoPricing.open({
      model: 'median',
      slots: 1,
      book: new PriceBook(database),
      load,
      clock,
      log: createLogger({ level: 'info', destination }),
      others: async () => [both(state.market)],
      ask: (_, { outputMicroUsd }) => void state.asked.push(outputMicroUsd),
      ...parts,
    });
    await pricing.begin([model]);
    return pricing;
  };
  return { state, load, start };
}

test('[MK-11 cap] the hour of the cap goes on over a restart, and with a clock that was set back', async () => {
  const { state, start } = await startNode();
  await (await start()).round([model], signal);
  expect(state.asked).toEqual([100_000n, 120_000n]);
  const again = await start();
  expect(state.asked.at(-1)).toBe(120_000n);
  await again.round([model], signal);
  state.nowMs -= 10 * hourMs;
  await again.round([model], signal);
  expect(state.asked).toEqual([100_000n, 120_000n, 120_000n]);
  state.nowMs += 11 * hourMs + 1;
  await again.round([model], signal);
  expect(state.asked.at(-1)).toBe(144_000n);
});

test('[MK-11 median] every change says from what, to what, and why', async () => {
  const { state, start } = await startNode();
  await (await start()).round([model], signal);
  expect(state.lines.find(({ message }) => message === 'the price has changed')).toMatchObject({
    model: 'm',
    pricing: 'median',
    from: '100000/100000',
    to: '120000/120000',
    wanted: '1000000/1000000',
    others: 1,
    bounds: { inputMicroUsd: 'cap', outputMicroUsd: 'cap' },
  });
});

test('[MK-11 floor] what a token costs at the measured speed is where the first price begins', async () => {
  // 700 W at 0.30 USD a kWh and 0.35 USD an hour are 0.56 USD; at 1,000 tokens a second 3.6 million tokens an hour.
  const costs = { perHourMicroUsd: 350_000n, perKwhMicroUsd: 300_000n, watts: 700, inputPercent: 25 };
  const cost = tokenCost(costs, 1_000);
  expect(cost).toEqual({ outputMicroUsd: 155_556n, inputMicroUsd: 38_889n });
  const { state, start } = await startNode();
  const pricing = await start();
  await pricing.begin([{ ...model, capability: 'llm.chat:other', cost }]);
  expect(state.asked.at(-1)).toBe(202_223n);
});

const band = {
  prediction: 'a'.repeat(64),
  predicted: { revenuePerHourMicroUsd: 1_000n, utilisation: 0 },
  bandPercent: 30,
  windowMs: hourMs,
};

test('[LD-10 rollback] a node whose takings leave the band goes back to its own price, and stays there after a restart', async () => {
  const { state, load, start } = await startNode({ band });
  const pricing = await start();
  await pricing.round([model], signal);
  load.earned(800_000_000n); // 800 micro-USD: within 30 % of what was predicted
  state.nowMs += hourMs + 1;
  await pricing.round([model], signal);
  expect(state.asked.at(-1)).toBe(144_000n);
  load.earned(600_000_000n);
  state.nowMs += hourMs + 1;
  await pricing.round([model], signal);
  expect(state.asked.at(-1)).toBe(115_200n); // on its way back, within the cap
  expect(state.lines.at(-1)).toMatchObject({ pricing: 'rolled back' });
  state.nowMs += hourMs + 1;
  const again = await start();
  await again.round([model], signal);
  expect(state.asked.at(-1)).toBe(100_000n);
  state.nowMs += hourMs + 1;
  await again.round([model], signal);
  expect(state.asked.at(-1)).toBe(100_000n);
});

test('[LD-10 rollback] either figure leaves the band, to either side; at its edge it is inside', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 0, max: 3_000 }), (predicted, live) => {
      const figures = (share: number, revenue: number) => ({
        utilisation: share / 10_000,
        revenuePerHourMicroUsd: BigInt(revenue),
      });
      const isOut = Math.abs(live - predicted) * 100 > predicted * 30;
      const byRevenue = outOfBand(figures(5, predicted), figures(5, live), 30);
      expect(byRevenue !== undefined).toBe(isOut);
    }),
  );
  const half = { utilisation: 0.5, revenuePerHourMicroUsd: 0n };
  expect(outOfBand(half, { ...half, utilisation: 0.75 }, 50)).toBeUndefined();
  expect(outOfBand(half, { ...half, utilisation: 0.76 }, 50)).toBe('utilisation of 76.0 %, predicted were 50.0 %');
});
