import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { InvalidInput, systemClock } from '@reeve/kernel';
import { PricingPrediction, type PricingModel } from '@reeve/market/api';
import {
  AutoPricing,
  hourlyCostMicroUsd,
  priceOf,
  PriceBook,
  PricingUntried,
  tokenCost,
  type LiveLoad,
  type MarketNode,
  type OfferTerms,
  type PredictionBand,
  type PricedModel,
  type RunningCosts,
} from '@reeve/market/node';
import { periodically } from '@reeve/platform';
import type { Client } from '@reeve/sdk';
import type { AgentProcess } from './connect.ts';
import type { NodeReceipts } from './node-receipts.ts';

export interface NodePricingOptions {
  readonly pricing?: PricingModel;
  /** File that `reeve market pricing simulate --out` wrote. */
  readonly simulation?: string;
  /** Without a simulation, and without a way back. */
  readonly force?: boolean;
  readonly repriceEveryMs?: number;
  /** How far the node may get from what the simulation predicts, and how long it is watched before that is judged. */
  readonly bandPercent?: number;
  readonly bandWindowMs?: number;
  /** Micro-USD of an hour of the machine, and of a kilowatt-hour, in decimal digits. */
  readonly costPerHour?: string;
  readonly energyPrice?: string;
  readonly watts?: number;
  /** What reading a token costs, in percent of making one. */
  readonly inputCostPercent?: number;
}

export interface NodePricing {
  /** @param publish tells the hub what is offered now */
  start(publish: () => void): void;
}

/** With how often prices were found anew in the replay. */
interface NodePrediction extends PredictionBand {
  readonly everyMs: number;
}

interface Priced {
  readonly node: MarketNode;
  readonly name: string;
  readonly load: LiveLoad;
  readonly receipts: Pick<NodeReceipts, 'database' | 'client'>;
  readonly band: NodePrediction | undefined;
}

/**
 * Finds the node's prices by itself, when it is told how. Nothing is offered before its first price is asked.
 */
export async function openNodePricing(
  { log, lifecycle }: AgentProcess,
  { node, name, load, receipts, band }: Priced,
  options: NodePricingOptions & OfferTerms,
): Promise<NodePricing | undefined> {
  const { pricing: model, repriceEveryMs: everyMs = band?.everyMs ?? 600_000 } = options;
  if (model === undefined) return undefined;
  if (band === undefined) log.warn({ pricing: model }, 'prices change without a simulation: nothing takes them back');
  const pricing = await AutoPricing.open({
    model,
    slots: node.declaration.offer.slots ?? 1,
    book: new PriceBook(receipts.database),
    load,
    clock: systemClock,
    log,
    ...(band && { band }),
    others: (asked, signal) => pricesOfOthers(receipts.client, name, asked, signal),
    ask: (capability, { inputMicroUsd, outputMicroUsd }) =>
      void node.ask(capability, { inputMicroUsd: `${inputMicroUsd}`, outputMicroUsd: `${outputMicroUsd}` }),
  });
  const models = pricedModels(node, options);
  const unpriced = node.declaration.models.filter(
    ({ capability }) => !models.some((priced) => priced.capability === capability),
  );
  for (const { name: left } of unpriced)
    log.warn({ model: left }, 'its speed was not measured, so its cost is not known: its price stays');
  await pricing.begin(models);
  return {
    start(publish) {
      const stop = periodically('finding of prices', everyMs, log, async (signal) => {
        await pricing.round(pricedModels(node, options), signal);
        publish();
      });
      lifecycle.onStop('work', 'finding of prices', stop);
    },
  };
}

/**
 * What the node's prices have to come to; undefined when they stay, or when its owner insists.
 * @throws PricingUntried, InvalidInput when they would begin at nothing, from where a fifth is nothing
 */
export async function predictionBand(
  name: string,
  options: NodePricingOptions & OfferTerms,
): Promise<NodePrediction | undefined> {
  const { pricing: model, price, prices = {} } = options;
  if (model === undefined) return undefined;
  const isPriced = [price, ...Object.values(prices)].some((asked) => asked && BigInt(asked.outputMicroUsd) > 0n);
  if (!isPriced && hourlyCostMicroUsd(runningCosts(options)) === 0n)
    throw InvalidInput.error('--pricing needs where to begin: --price, or what an hour costs');
  const { simulation, force = false, bandPercent = 30, bandWindowMs: windowMs = 3_600_000 } = options;
  if (simulation === undefined) {
    if (force) return undefined;
    throw PricingUntried.error(`--pricing ${model} needs --simulation FILE, or --force`);
  }
  const text = await readFile(simulation, 'utf8').catch((cause: Error) => {
    throw PricingUntried.error(`${simulation} cannot be read: ${cause.message}`, { cause });
  });
  const { node, pricing, everyMs, revenuePerHourMicroUsd, utilisation } = predictionIn(simulation, text);
  if (node !== name || pricing !== model)
    throw PricingUntried.error(`${simulation} is about ${pricing} at ${node}, not about ${model} at ${name}`);
  const prediction = createHash('sha256').update(text).digest('hex');
  const predicted = { revenuePerHourMicroUsd: BigInt(revenuePerHourMicroUsd), utilisation };
  return { predicted, prediction, bandPercent, windowMs, everyMs };
}

function predictionIn(path: string, text: string): PricingPrediction {
  try {
    return PricingPrediction.parse(JSON.parse(text));
  } catch (cause) {
    throw PricingUntried.error(`${path} is no prediction of reeve market pricing simulate`, { cause });
  }
}

/**
 * The models whose prices are found. Their cost is that of the speed that was measured; where an hour costs something and
 * nothing was measured, nobody knows what a token costs, and the owner's price stays.
 */
function pricedModels(node: MarketNode, options: NodePricingOptions & OfferTerms): PricedModel[] {
  const { offer, models } = node.declaration;
  const costs = runningCosts(options);
  const isFree = hourlyCostMicroUsd(costs) === 0n;
  return models.flatMap(({ capability, name }) => {
    const { inputMicroUsd, outputMicroUsd } = priceOf(name, options);
    const benchmark = offer.capabilities.find((offered) => offered.name === capability)?.tokens?.benchmark;
    if (benchmark === undefined && !isFree) return [];
    const ownPrice = { inputMicroUsd: BigInt(inputMicroUsd), outputMicroUsd: BigInt(outputMicroUsd) };
    const cost = tokenCost(costs, benchmark?.peakTokensPerSecond ?? 0);
    return [{ capability, name, ownPrice, cost }];
  });
}

function runningCosts(options: NodePricingOptions): RunningCosts {
  const { costPerHour = '0', energyPrice = '0', watts = 0, inputCostPercent: inputPercent = 100 } = options;
  return { perHourMicroUsd: BigInt(costPerHour), perKwhMicroUsd: BigInt(energyPrice), watts, inputPercent };
}

async function pricesOfOthers(client: Client, own: string, model: string, signal: AbortSignal) {
  const prices = [];
  let cursor: string | undefined;
  do {
    const page = await client.market.offers({ model, state: 'online', limit: 500, cursor }, { signal });
    for (const { node, priceInputMicroUsd, priceOutputMicroUsd } of page.items)
      if (node !== own)
        prices.push({ inputMicroUsd: BigInt(priceInputMicroUsd), outputMicroUsd: BigInt(priceOutputMicroUsd) });
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return prices;
}
