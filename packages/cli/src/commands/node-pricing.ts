import { dashed } from '../derived/flag.ts';
import { UsageError } from '../errors.ts';
import { durationOf } from './pricing.ts';
import { numberOf } from './server-roles.ts';

export interface PricingFlags {
  readonly pricing?: string;
  readonly simulation?: string;
  readonly force?: boolean;
  readonly repriceEvery?: string;
  readonly band?: string;
  readonly bandWindow?: string;
  readonly costPerHour?: string;
  readonly energyPrice?: string;
  readonly watts?: string;
  readonly inputCost?: string;
}

const onlyWithPricing = [
  'simulation',
  'force',
  'repriceEvery',
  'band',
  'bandWindow',
  'costPerHour',
  'energyPrice',
  'watts',
  'inputCost',
] as const satisfies readonly (keyof PricingFlags)[];

/** The flags of `reeve node` with those that say how prices are found read, the others as they are. */
export function pricingOptions<Flags extends PricingFlags>(flags: Flags) {
  const { repriceEvery, band, bandWindow, costPerHour, energyPrice, watts, inputCost, ...rest } = flags;
  const idle = onlyWithPricing.find((flag) => flags[flag] !== undefined);
  if (rest.pricing === undefined && idle !== undefined)
    throw UsageError.error(`--${dashed(idle)} is for prices that are found by themselves: say with --pricing how`);
  return {
    ...rest,
    ...(repriceEvery !== undefined && { repriceEveryMs: atLeastASecond('--reprice-every', repriceEvery) }),
    ...(band !== undefined && { bandPercent: numberOf('--band', band) }),
    ...(bandWindow !== undefined && { bandWindowMs: durationOf('--band-window', bandWindow) }),
    ...(costPerHour !== undefined && { costPerHour: amountOf('--cost-per-hour', costPerHour) }),
    ...(energyPrice !== undefined && { energyPrice: amountOf('--energy-price', energyPrice) }),
    ...(watts !== undefined && { watts: numberOf('--watts', watts) }),
    ...(inputCost !== undefined && { inputCostPercent: numberOf('--input-cost', inputCost) }),
  };
}

function atLeastASecond(flag: string, text: string): number {
  const ms = durationOf(flag, text);
  if (ms >= 1_000) return ms;
  throw UsageError.error(`${flag} takes a second or more, not ${text}`);
}

export function amountOf(flag: string, text: string): string {
  if (/^\d{1,15}$/.test(text)) return text;
  throw UsageError.error(`${flag} takes a whole number of micro-USD, not ${JSON.stringify(text)}`);
}
