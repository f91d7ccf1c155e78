import type { TokenPrices } from '@reeve/hub';
import type { Constraints } from '@reeve/hub/api';
import type { HeaderSink } from '@reeve/platform';
import { costPicoUsd, holdingMicroUsd, type TokenCounts } from '../domain/budgets/amounts.ts';
import { limitsSpending, type Budget } from '../services/budgets/budget.ts';
import { NoNodeQualifies } from '../errors.ts';
import type { Asked } from './chat-exchange.ts';
import type { GatewayComponents } from './components.ts';
import { requirementsOf } from './model-task.ts';
import { writeRateHeaders } from './rate-headers.ts';
import { expectedTokens, mostTokens, tokenBounds, withTokenLimit } from './routing.ts';

type Parts = Pick<GatewayComponents, 'hub' | 'budgets'>;

/**
 * Takes what a request needs of the limits of its key and tenant: first of how fast, then of how much.
 * @throws RateLimited, and as `reserved` does
 */
export async function withinBudgets(
  parts: Parts,
  held: readonly Budget[],
  asked: Asked,
  headers: HeaderSink,
): Promise<Asked> {
  const rates = parts.budgets.rates.take(held, () => expectedTokens(asked.body));
  if (rates) writeRateHeaders(headers, rates);
  if (rates?.refused) throw rates.refused;
  const spending = held.filter(limitsSpending);
  if (spending.length === 0) return { ...asked, rates };
  try {
    return await reserved(parts, spending, { ...asked, rates });
  } catch (error) {
    rates?.used(0);
    throw error;
  }
}

/**
 * Reserves the most that a request can cost: its bounds of tokens, at the highest prices of the nodes that may take it.
 * From then on none that asks more may: what a node that comes later would charge was not reserved. A request without a
 * limit of tokens gets one, as under a ceiling of cost.
 * @throws BudgetExceeded, InvalidModelRequest for what cannot be bounded, NoNodeQualifies
 */
async function reserved(parts: Parts, held: readonly Budget[], asked: Asked): Promise<Asked> {
  const body = withTokenLimit(asked.body);
  const tokens = mostTokens(body);
  const { constraints, prices } = withinRequestLimit(parts, held, { ...asked, body }, tokens);
  const reservation = await parts.budgets.reserve(held, neededMicroUsd(tokens, prices, constraints));
  const ceilings = {
    maxPriceInputMicroUsd: `${prices.inputMicroUsd}`,
    maxPriceOutputMicroUsd: `${prices.outputMicroUsd}`,
  };
  return { ...asked, body, constraints: { ...constraints, ...ceilings }, reservation };
}

interface Affordable {
  readonly constraints: Constraints;
  /** The highest of the nodes that may take it. */
  readonly prices: TokenPrices;
}

/** Where a request may only cost so much, nodes that would go beyond it are left out. @throws BudgetExceeded when all would */
function withinRequestLimit(
  { hub, budgets }: Parts,
  held: readonly Budget[],
  { endpoint, body, constraints }: Asked,
  tokens: TokenCounts,
): Affordable {
  const requires = requirementsOf(endpoint, body.model);
  const prices = hub.highestPrices(requires, constraints);
  if (prices === undefined) throw NoNodeQualifies.error('no node meets what the request asks for');
  const needed = neededMicroUsd(tokens, prices, constraints);
  const lowest = lowestLimit(held);
  if (lowest === undefined || needed <= lowest.microUsd) return { constraints, prices };
  const limited = { ...constraints, cost: { ...tokenBounds(body), maxMicroUsd: `${lowest.microUsd}` } };
  const affordable = hub.highestPrices(requires, limited);
  if (affordable) return { constraints: limited, prices: affordable };
  throw budgets.requestRefused(lowest.subject, lowest.microUsd, needed);
}

function lowestLimit(held: readonly Budget[]): { subject: string; microUsd: bigint } | undefined {
  let lowest: { subject: string; microUsd: bigint } | undefined;
  for (const { subject, requestLimitMicroUsd: microUsd } of held)
    if (microUsd !== undefined && (lowest === undefined || microUsd < lowest.microUsd)) lowest = { subject, microUsd };
  return lowest;
}

function neededMicroUsd(tokens: TokenCounts, prices: TokenPrices, { cost }: Constraints): bigint {
  const needed = holdingMicroUsd(costPicoUsd(tokens, prices));
  const ceiling = cost && BigInt(cost.maxMicroUsd);
  return ceiling !== undefined && ceiling < needed ? ceiling : needed;
}
