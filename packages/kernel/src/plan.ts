import { digestOf } from './digest.ts';
import type { Guard } from './guard.ts';
import type { JsonValue } from './json.ts';

/** One thing that will be different afterwards, for people and programs. */
export interface Effect {
  /** What is done: `revoke`, `remove`, `cancel`, `transfer` … */
  readonly verb: string;
  /** Kind of thing it is done to: `key`, `agent`, `task` … */
  readonly target: string;
  readonly id?: string;
  /** How many things this effect touches at this moment, and at most: `run` refuses to touch more than `atMost`. */
  readonly count: number;
  readonly atMost: number;
  readonly note?: string;
}

/** What an operation would do, found without doing it. */
export interface Plan {
  readonly effects: readonly Effect[];
  readonly costMicroUsd?: bigint;
  /** What was looked at to find the effects: the state of the moment, not part of the digest. */
  readonly evidence: { readonly [fact: string]: JsonValue };
}

/**
 * What a person's consent binds to: the operation, its parameters, the guards' limits and the bounds of the effects.
 * The state of the moment (`count`, evidence) is left out, so that consent survives changes within the bounds.
 */
export function planDigest(
  operation: string,
  input: unknown,
  guards: readonly Guard<never>[],
  plan: Plan,
): Promise<string> {
  return digestOf({
    operation,
    input,
    guards: guards.map(({ name, limit }) => ({ name, limit })),
    effects: plan.effects.map(({ verb, target, id, atMost }) => ({ verb, target, id, atMost })),
    costMicroUsd: plan.costMicroUsd?.toString(),
  });
}

/** The effects that go beyond their bound; empty when the plan may run. */
export function effectsOutOfBounds(plan: Plan): readonly Effect[] {
  return plan.effects.filter((effect) => effect.count > effect.atMost);
}
