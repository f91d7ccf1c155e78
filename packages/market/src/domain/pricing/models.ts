import type { PricingModel } from '../../api/pricing.ts';
import type { TokenPrice } from '../receipts/dispute.ts';
import { marginPercent, withPercent } from './margin.ts';
import type { MarketSnapshot, Utilisation } from './snapshot.ts';

/** Share of its slots at which a node is as busy as it wants to be. */
const targetPercent = 70n;

/** The largest step of `demand` is one part in so many: the `BASE_FEE_MAX_CHANGE_DENOMINATOR` of EIP-1559. */
const demandDivisor = 8n;

/** On top of the margin, for what the cost leaves out: idle hours, answers that are not paid. */
const riskPercent = 10n;

/** What a model asks for before any bound: whole micro-USD per million tokens, input and output each for itself. */
export const pricingModels: Readonly<Record<PricingModel, (snapshot: MarketSnapshot) => TokenPrice>> = {
  median: ({ own, others }) => eachSide((side) => median(others.map((price) => price[side])) ?? own[side]),
  demand: ({ own, utilisation }) => eachSide((side) => demandPrice(own[side], utilisation)),
  costPlus: ({ cost }) => eachSide((side) => withPercent(cost[side], marginPercent + riskPercent)),
};

function eachSide(priceOf: (side: keyof TokenPrice) => bigint): TokenPrice {
  return { inputMicroUsd: priceOf('inputMicroUsd'), outputMicroUsd: priceOf('outputMicroUsd') };
}

/** The middle one; of two in the middle their mean, rounded down. Undefined when there are none. */
function median(prices: readonly bigint[]): bigint | undefined {
  const sorted = prices.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2n;
}

/**
 * The base fee of EIP-1559 with slots for gas: `price + price × (busy − target) / target / 8`, rounded towards the price
 * there is. https://eips.ethereum.org/EIPS/eip-1559
 */
function demandPrice(price: bigint, { busy, of }: Utilisation): bigint {
  if (of === 0) return price;
  const target = targetPercent * BigInt(of);
  return price + (price * (100n * BigInt(busy) - target)) / (target * demandDivisor);
}
