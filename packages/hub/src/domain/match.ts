import { tokenCostPicoUsd, type JsonValue } from '@reeve/kernel';
import type { AgentOffer } from '../api/agent.ts';
import type { Policy } from '../api/task.ts';
import type { Benchmark, TokenOffer } from '../api/token-offer.ts';
import { speed, type Figures } from './figures.ts';
import type { RequirementClass } from './requirement-class.ts';

/** What of an agent's offer matching looks at, prepared once when the offer changes. */
export interface MatchableOffer {
  /** Blended: what was declared, outweighed by what was verified (see proficiency.ts). */
  readonly proficiencies: ReadonlyMap<string, number>;
  /** How much of what was declared that is, 0..1; of capabilities of which something was learned. */
  readonly kept: ReadonlyMap<string, number>;
  readonly labels: Readonly<Record<string, string>>;
  readonly region: string | undefined;
  readonly priceMicroUsd: bigint;
  readonly stakeMicroUsd: bigint;
  readonly name: string;
  /** Of the capabilities whose work is counted in tokens. */
  readonly tokens: ReadonlyMap<string, TokenPrices>;
}

/** Micro-USD per million tokens. */
interface TokenPrices {
  readonly input: bigint;
  readonly output: bigint;
  /** Three tokens in for each one out, as conversations have them. */
  readonly blended: number;
  readonly benchmark: Benchmark | undefined;
}

const picoPerMicro = 1_000_000n;

const free: TokenPrices = { input: 0n, output: 0n, blended: 0, benchmark: undefined };

/** The first requirement an agent does not meet, with both values. */
export interface Mismatch {
  readonly requirement: string;
  readonly wanted: JsonValue;
  readonly found: JsonValue;
}

/** @param blends proficiencies of the capabilities of which something was learned; of others what is declared counts. */
export function matchable(offer: AgentOffer, blends: ReadonlyMap<string, number> = new Map()): MatchableOffer {
  return {
    proficiencies: new Map(offer.capabilities.map(({ name, proficiency }) => [name, blends.get(name) ?? proficiency])),
    kept: keptOf(offer, blends),
    labels: offer.labels,
    region: offer.region,
    priceMicroUsd: BigInt(offer.priceMicroUsd),
    stakeMicroUsd: BigInt(offer.stakeMicroUsd),
    name: offer.name,
    tokens: new Map(offer.capabilities.flatMap(({ name, tokens }) => (tokens ? [[name, tokenPrices(tokens)]] : []))),
  };
}

function keptOf({ capabilities }: AgentOffer, blends: ReadonlyMap<string, number>): Map<string, number> {
  const declared = new Map(capabilities.map(({ name, proficiency }) => [name, proficiency]));
  return new Map([...blends].map(([name, blend]) => [name, Math.min(1, blend / (declared.get(name) || 1))]));
}

function tokenPrices({ priceInputMicroUsd, priceOutputMicroUsd, benchmark }: TokenOffer): TokenPrices {
  const [input, output] = [BigInt(priceInputMicroUsd), BigInt(priceOutputMicroUsd)];
  return { input, output, blended: (3 * Number(input) + Number(output)) / 4, benchmark };
}

/** What an agent asks for the tokens of the class's work; nothing, when it says nothing. */
export function pricesFor({ tokens }: MatchableOffer, { requires }: RequirementClass): TokenPrices {
  return tokens.get(requires[0]!.name) ?? free;
}

/** `undefined` when the offer meets every requirement of the class at once. */
export function firstMismatch(offer: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  return (
    capabilityMismatch(offer, wanted) ??
    agentMismatch(offer, wanted) ??
    priceMismatch(offer, wanted) ??
    tokenPriceMismatch(offer, wanted) ??
    costMismatch(offer, wanted) ??
    labelMismatch(offer, wanted) ??
    regionMismatch(offer, wanted) ??
    stakeMismatch(offer, wanted)
  );
}

function capabilityMismatch(offer: MatchableOffer, { requires }: RequirementClass): Mismatch | undefined {
  for (const { name, minProficiency } of requires) {
    const found = offer.proficiencies.get(name);
    if (found === undefined) return { requirement: `capability ${name}`, wanted: name, found: null };
    if (found < minProficiency) return { requirement: `proficiency of ${name}`, wanted: minProficiency, found };
  }
  return undefined;
}

function priceMismatch(
  { priceMicroUsd }: MatchableOffer,
  { maxPriceMicroUsd }: RequirementClass,
): Mismatch | undefined {
  if (maxPriceMicroUsd === undefined || priceMicroUsd <= maxPriceMicroUsd) return undefined;
  return { requirement: 'price at most (micro-USD)', wanted: `${maxPriceMicroUsd}`, found: `${priceMicroUsd}` };
}

function agentMismatch({ name }: MatchableOffer, { onlyAgents, avoidAgents }: RequirementClass): Mismatch | undefined {
  if (onlyAgents && !onlyAgents.includes(name))
    return { requirement: 'one of these agents', wanted: [...onlyAgents], found: name };
  if (!avoidAgents.includes(name)) return undefined;
  return { requirement: 'none of these agents', wanted: [...avoidAgents], found: name };
}

function tokenPriceMismatch(offer: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  const { input, output } = pricesFor(offer, wanted);
  return (
    ceilingMismatch('input', input, wanted.maxPriceInputMicroUsd) ??
    ceilingMismatch('output', output, wanted.maxPriceOutputMicroUsd)
  );
}

function ceilingMismatch(what: string, price: bigint, ceiling: bigint | undefined): Mismatch | undefined {
  if (ceiling === undefined || price <= ceiling) return undefined;
  const requirement = `price of ${what} at most (micro-USD per million tokens)`;
  return { requirement, wanted: `${ceiling}`, found: `${price}` };
}

function costMismatch(offer: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  const { cost } = wanted;
  if (cost === undefined) return undefined;
  const { input, output } = pricesFor(offer, wanted);
  const picoUsd = tokenCostPicoUsd(cost.inputTokens, input) + tokenCostPicoUsd(cost.outputTokens, output);
  if (picoUsd <= cost.maxMicroUsd * picoPerMicro) return undefined;
  const found = (picoUsd + picoPerMicro - 1n) / picoPerMicro;
  return { requirement: 'cost at most (micro-USD)', wanted: `${cost.maxMicroUsd}`, found: `${found}` };
}

function labelMismatch({ labels }: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  for (const [label, value] of wanted.labels) {
    // Only own members: every object has a `constructor`, which no agent has set.
    const found = (Object.hasOwn(labels, label) ? labels[label] : undefined) ?? null;
    if (found !== value) return { requirement: `label ${label}`, wanted: value, found };
  }
  return undefined;
}

function regionMismatch({ region }: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  if (wanted.region === undefined || wanted.region === region) return undefined;
  return { requirement: 'region', wanted: wanted.region, found: region ?? null };
}

function stakeMismatch(
  { stakeMicroUsd }: MatchableOffer,
  { minStakeMicroUsd }: RequirementClass,
): Mismatch | undefined {
  if (minStakeMicroUsd === undefined || stakeMicroUsd >= minStakeMicroUsd) return undefined;
  return { requirement: 'stake at least (micro-USD)', wanted: `${minStakeMicroUsd}`, found: `${stakeMicroUsd}` };
}

/** What the choice among agents that qualify looks at. */
export interface Standing {
  readonly offer: MatchableOffer;
  readonly slots: number;
  readonly freeSlots: number;
  /** What was measured of it, by capability. */
  readonly figures: ReadonlyMap<string, Figures>;
}

/** The parts of a score, each 0..1, higher is better. */
export interface ScoreParts {
  /** The worst of those required. */
  readonly proficiency: number;
  /** Free share of its slots. */
  readonly freeShare: number;
  /** 1 is free of charge. */
  readonly cheapness: number;
  readonly speed: number;
  /** Share of attempts that succeeded; it scales what the other parts come to. */
  readonly success: number;
  /** Share of what it declares that was borne out. It scales a choice by policy: what is cheap because it lies is not cheap. */
  readonly kept: number;
}

type Weights = Readonly<Record<Exclude<keyof ScoreParts, 'success' | 'kept'>, number>>;

/** Where one part is to decide alone, load breaks ties: it is too light to turn over a difference that matters. */
const weights: Readonly<Record<Policy | 'none', Weights>> = {
  none: { proficiency: 0.5, freeShare: 0.3, cheapness: 0.2, speed: 0 },
  cheapest: { proficiency: 0, freeShare: 1e-6, cheapness: 1, speed: 0 },
  fastest: { proficiency: 0, freeShare: 0.05, cheapness: 0, speed: 1 },
  best: { proficiency: 1, freeShare: 0.02, cheapness: 0, speed: 0.02 },
  balanced: { proficiency: 0.25, freeShare: 0.25, cheapness: 0.25, speed: 0.25 },
};

/** How well an agent that qualifies suits a class, 0..1; the highest gets the task, under `balanced` of those compared. */
export function score(standing: Standing, wanted: RequirementClass): number {
  return weighted(scoreParts(standing, wanted), weights[wanted.policy ?? 'none']);
}

/** What its score will never be above: all slots free, and nothing known against it. */
export function highestScore(offer: MatchableOffer, wanted: RequirementClass): number {
  const known = { proficiency: proficiencyFor(offer, wanted), kept: keptFor(offer, wanted) };
  const best = { ...known, freeShare: 1, speed: 1, success: 1 };
  return weighted({ ...best, cheapness: cheapnessFor(offer, wanted) }, weights[wanted.policy ?? 'none']);
}

export function scoreParts({ offer, slots, freeSlots, figures }: Standing, wanted: RequirementClass): ScoreParts {
  const { name } = wanted.requires[0]!;
  const measured = figures.get(name);
  return {
    proficiency: proficiencyFor(offer, wanted),
    freeShare: freeSlots / slots,
    cheapness: cheapnessFor(offer, wanted),
    speed: speed(measured, offer.tokens.get(name)?.benchmark),
    success: measured?.success ?? 1,
    kept: keptFor(offer, wanted),
  };
}

function weighted(parts: ScoreParts, { proficiency, freeShare, cheapness, speed: fast }: Weights): number {
  const total = proficiency + freeShare + cheapness + fast;
  const sum =
    proficiency * parts.proficiency + freeShare * parts.freeShare + cheapness * parts.cheapness + fast * parts.speed;
  return (parts.success * parts.kept * sum) / total;
}

/** How much of its word an agent kept about the work of a class. Without a policy proficiency itself is part of the score. */
export function keptFor({ kept }: MatchableOffer, { requires, policy }: RequirementClass): number {
  if (policy === undefined || kept.size === 0) return 1;
  return Math.min(...requires.map(({ name }) => kept.get(name) ?? 1));
}

function proficiencyFor(offer: MatchableOffer, { requires }: RequirementClass): number {
  let worst = 1;
  for (const { name } of requires) worst = Math.min(worst, offer.proficiencies.get(name) ?? 0);
  return worst;
}

const oneUsd = 1_000_000n;

/**
 * By the price of a task: free is 1; at the ceiling, or at one USD, 0. By that of tokens, where they are counted: free is
 * 1, one USD per million tokens a half, and whatever is dearer is less.
 */
function cheapnessFor(offer: MatchableOffer, wanted: RequirementClass): number {
  const { priceMicroUsd } = offer;
  const perTask =
    priceMicroUsd === 0n ? 1 : Math.max(0, 1 - Number(priceMicroUsd) / Number(wanted.maxPriceMicroUsd || oneUsd));
  const { blended } = pricesFor(offer, wanted);
  return blended === 0 ? perTask : perTask / (1 + blended / Number(oneUsd));
}
