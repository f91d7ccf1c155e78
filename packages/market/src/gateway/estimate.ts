import type { Hub } from '@reeve/hub';
import type { OutputOf } from '@reeve/kernel';
import { bind, type BoundOperation, type Database } from '@reeve/platform';
import { estimateCost } from '../api/estimate.ts';
import { capabilityOf } from '../domain/capability.ts';
import { likelyTokens, requestCostMicroUsd, type TokenCounts } from '../domain/request-cost.ts';
import type { TokenPrice } from '../domain/receipts/dispute.ts';
import { promptBoundOf } from '../domain/token-bounds.ts';
import { selectMeasuredAnswers, type MeasuredAnswerRow } from '../store/estimate.ts';
import { ModelUnavailable } from '../errors.ts';
import { assertQualified } from './qualified.ts';
import { constraintsOf } from './routing.ts';
import { assertServed } from './served.ts';

/** So many of the newest answers an estimate goes by. */
const measuredAnswers = 200;

type Amount = OutputOf<typeof estimateCost>['likely'];

interface PricedNode {
  readonly name: string;
  readonly price: TokenPrice;
}

/** `market.estimate` */
export function estimateOperation(hub: Hub, database: Database): BoundOperation {
  return bind(
    estimateCost,
    async ({ model, kind, promptBytes, messages, maxTokens, policy = 'balanced', ...conditions }, call) => {
      assertServed(hub, kind, model);
      const requires = [{ name: capabilityOf(kind, model), minProficiency: 0 }];
      const constraints = { ...constraintsOf(conditions), policy };
      assertQualified(hub, requires, constraints);
      const { agents, sampled } = hub.judge(requires, constraints);
      const nodes = agents
        .filter(({ eligible }) => eligible)
        .map(({ agentId, agentName }) => priced(hub, agentId, agentName, requires[0]!.name));
      if (nodes.length === 0)
        throw ModelUnavailable.error(`no node that meets the conditions is online`, { retryAfterMs: 1_000 });
      const bounds = {
        promptTokens: promptBoundOf(promptBytes, messages),
        completionTokens: kind === 'embeddings' ? 0 : maxTokens,
      };
      const rows = await database.read<MeasuredAnswerRow>(
        selectMeasuredAnswers.bind({ tenant: call.caller.tenant, model, limit: measuredAnswers }),
      );
      const likely = likelyTokens(bounds, rows.map(measured));
      const cheapest = nodes.reduce((best, node) => (costAt(node, likely) < costAt(best, likely) ? node : best));
      const dearest = nodes.reduce((worst, node) => (costAt(node, bounds) > costAt(worst, bounds) ? node : worst));
      return {
        lowest: amountOf(cheapest, likely),
        likely: amountOf(nodes[0]!, likely),
        highest: amountOf(dearest, bounds),
        nodes: nodes.length,
        measuredAnswers: rows.length,
        sampled,
      };
    },
  );
}

function priced(hub: Hub, agentId: string, name: string, capability: string): PricedNode {
  const tokens = hub.agent(agentId)?.offer.capabilities.find((offered) => offered.name === capability)?.tokens;
  const inputMicroUsd = BigInt(tokens?.priceInputMicroUsd ?? 0);
  return { name, price: { inputMicroUsd, outputMicroUsd: BigInt(tokens?.priceOutputMicroUsd ?? 0) } };
}

function measured({ prompt_tokens, completion_tokens, prompt_bound }: MeasuredAnswerRow) {
  return { promptTokens: prompt_tokens, completionTokens: completion_tokens, promptBound: prompt_bound };
}

function costAt({ price }: PricedNode, tokens: TokenCounts): bigint {
  return requestCostMicroUsd(tokens, price);
}

function amountOf(node: PricedNode, tokens: TokenCounts): Amount {
  const { inputMicroUsd, outputMicroUsd } = node.price;
  const prices = { priceInputMicroUsd: `${inputMicroUsd}`, priceOutputMicroUsd: `${outputMicroUsd}` };
  return { costMicroUsd: `${costAt(node, tokens)}`, ...tokens, node: node.name, ...prices };
}
