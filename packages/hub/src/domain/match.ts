import type { JsonValue } from '@reeve/kernel';
import type { AgentOffer } from '../api/agent.ts';
import type { RequirementClass } from './requirement-class.ts';

/** What of an agent's offer matching looks at, prepared once when the offer changes. */
export interface MatchableOffer {
  /** Blended: what was declared, outweighed by what was verified (see proficiency.ts). */
  readonly proficiencies: ReadonlyMap<string, number>;
  readonly labels: Readonly<Record<string, string>>;
  readonly region: string | undefined;
  readonly priceMicroUsd: bigint;
  readonly stakeMicroUsd: bigint;
}

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
    labels: offer.labels,
    region: offer.region,
    priceMicroUsd: BigInt(offer.priceMicroUsd),
    stakeMicroUsd: BigInt(offer.stakeMicroUsd),
  };
}

/** `undefined` when the offer meets every requirement of the class at once. */
export function firstMismatch(offer: MatchableOffer, wanted: RequirementClass): Mismatch | undefined {
  return (
    capabilityMismatch(offer, wanted) ??
    priceMismatch(offer, wanted) ??
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
}

/**
 * How well an agent that qualifies suits a class, 0..1; the highest gets the task. Weights: proficiency 0.5 (the worst of
 * those required), free share of its slots 0.3, price 0.2 (free is best; at the ceiling, or at one USD, worst).
 */
export function score({ offer, slots, freeSlots }: Standing, wanted: RequirementClass): number {
  let proficiency = 1;
  for (const { name } of wanted.requires) proficiency = Math.min(proficiency, offer.proficiencies.get(name) ?? 0);
  return 0.5 * proficiency + 0.3 * (freeSlots / slots) + 0.2 * cheapness(offer.priceMicroUsd, wanted.maxPriceMicroUsd);
}

const oneUsd = 1_000_000n;

function cheapness(priceMicroUsd: bigint, ceilingMicroUsd: bigint | undefined): number {
  if (priceMicroUsd === 0n) return 1;
  return Math.max(0, 1 - Number(priceMicroUsd) / Number(ceilingMicroUsd || oneUsd));
}
