import { matchable, requirementClass, score } from '@reeve/hub';
import { AgentOffer, type Policy } from '@reeve/hub/api';
import type { PricingModel } from '../api/pricing.ts';
import type { TraceOffer } from '../api/trace-file.ts';
import type { TraceRequest } from '../api/trace.ts';
import { capabilityOf } from '../domain/capability.ts';
import { pricingModels } from '../domain/pricing/models.ts';
import { recentPoints, reprice, type PricePoint } from '../domain/pricing/reprice.ts';
import type { TokenPrice } from '../domain/receipts/dispute.ts';
import type { RecordedSpeeds, ReplayNode } from '../domain/replay/fleet.ts';
import { replay, type Choose, type ReplayRepricing } from '../domain/replay/replay.ts';
import type { ReplayReport } from '../domain/replay/replay-report.ts';
import { seededRandom } from '../domain/seeded-random.ts';

export interface Trace {
  /** In any order. */
  readonly requests: readonly TraceRequest[];
  readonly offers: readonly TraceOffer[];
}

/** One way of doing it: by which policy requests go, and how one node finds its prices, if it changes them. */
export interface Variant {
  readonly policy: Policy;
  readonly pricing?: NodePricing;
}

export interface NodePricing {
  readonly node: string;
  readonly model: PricingModel;
  /** What tokens cost the node, per million. */
  readonly cost: TokenPrice;
  readonly everyMs: number;
}

export interface SimulationSettings {
  readonly seed: number;
  readonly maxWaitMs: number;
}

/** What a trace comes to under a variant. Scores are the hub's own, over the prices of the moment. */
export function simulate({ requests, offers }: Trace, variant: Variant, settings: SimulationSettings): ReplayReport {
  return replay({
    requests: requests.toSorted((a, b) => a.arrivedAtMs - b.arrivedAtMs),
    offers,
    choose: chooser(variant.policy, settings.seed),
    maxWaitMs: settings.maxWaitMs,
    ...(variant.pricing && { repricing: repricingOf(variant.pricing) }),
  });
}

/** As the hub chooses: `balanced` the better of two that are drawn, every other policy the best. */
function chooser(policy: Policy, seed: number): Choose {
  const random = seededRandom(seed);
  return (nodes, model, speeds) => {
    const compared = policy === 'balanced' && nodes.length > 2 ? twoOf(nodes, random) : nodes;
    let best = compared[0]!;
    if (compared.length === 1) return best;
    let highest = -1;
    for (const node of compared) {
      const value = scoreOf(node, model, policy, speeds);
      if (value > highest) [best, highest] = [node, value];
    }
    return best;
  };
}

function twoOf(nodes: readonly ReplayNode[], random: () => number): ReplayNode[] {
  const first = Math.floor(random() * nodes.length);
  const second = Math.floor(random() * (nodes.length - 1));
  return [nodes[first]!, nodes[second < first ? second : second + 1]!];
}

/** Offers as the hub prepares them, once for each price. */
const prepared = new WeakMap<TokenPrice, ReturnType<typeof matchable>>();

function offerAt(price: TokenPrice, capability: string): ReturnType<typeof matchable> {
  const known = prepared.get(price);
  if (known) return known;
  const tokens = { priceInputMicroUsd: `${price.inputMicroUsd}`, priceOutputMicroUsd: `${price.outputMicroUsd}` };
  const offer = matchable(AgentOffer.parse({ name: 'replayed', capabilities: [{ name: capability, tokens }] }));
  prepared.set(price, offer);
  return offer;
}

function scoreOf(node: ReplayNode, model: string, policy: Policy, speeds: RecordedSpeeds): number {
  const capability = capabilityOf('chat', model);
  const offer = offerAt(node.prices.get(model)!, capability);
  const wholeMs = speeds.meanMs(node.name, model);
  const measured = { answers: 1, success: 1, firstChunkMs: undefined, chunkGapMs: undefined, wholeMs };
  const wanted = requirementClass([{ name: capability, minProficiency: 0 }], { policy });
  const standing = { offer, slots: node.slots, freeSlots: node.free, figures: new Map([[capability, measured]]) };
  return score(standing, wanted);
}

function repricingOf({ node: name, model: pricing, cost, everyMs }: NodePricing): ReplayRepricing {
  const histories = new Map<string, readonly PricePoint[]>();
  return {
    node: name,
    everyMs,
    next(model, fleet, busyMs, atMs) {
      const node = fleet.get(name)!;
      const own = node.prices.get(model)!;
      const history = histories.get(model) ?? [{ atMs: atMs - everyMs, price: own }];
      const others = [...fleet.values()].flatMap((other) => (other === node ? [] : (other.prices.get(model) ?? [])));
      const utilisation = { busy: busyMs, of: everyMs * node.slots };
      const wanted = pricingModels[pricing]({ own, others, utilisation, cost });
      const { price } = reprice(wanted, cost, history, atMs);
      histories.set(model, [...recentPoints(history, atMs), { atMs, price }]);
      return price;
    },
  };
}
