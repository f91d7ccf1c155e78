import {
  effectsOutOfBounds,
  EffectsLeftBounds,
  evaluateGuards,
  GuardDenied,
  overallVerdict,
  planDigest,
  type Guard,
  type GuardResult,
  type GuardVerdict,
  type JsonValue,
  type Operation,
  type Plan,
} from '@reeve/kernel';
import type { ConsequentialHandler } from './call.ts';
import type { Passage } from './passage.ts';

/** One look at what an operation would do now. */
export interface Look {
  readonly plan: Plan;
  readonly digest: string;
  readonly guards: readonly GuardResult[];
  readonly verdict: GuardVerdict;
}

/** Plans and evaluates the guards; changes nothing. */
export async function lookAt(handler: ConsequentialHandler<Operation>, input: never, passage: Passage): Promise<Look> {
  const plan = await handler.plan(input, passage);
  const guards = await evaluateGuards(handler.guards, { input, plan, call: passage });
  const digest = await planDigest(passage.operation.name, input, handler.guards as readonly Guard<never>[], plan);
  return { plan, digest, guards, verdict: overallVerdict(guards) };
}

/** @throws EffectsLeftBounds, GuardDenied */
export function assertMayGoOn(look: Look, passage: Passage): void {
  const beyond = effectsOutOfBounds(look.plan);
  if (beyond.length > 0) {
    const facts = beyond.map(({ verb, target, count, atMost }) => `${verb} ${count} ${target}, at most ${atMost}`);
    throw EffectsLeftBounds.error(`the effects leave their bounds: ${facts.join('; ')}`, {
      details: faceOf(look, passage),
    });
  }
  if (look.verdict !== 'deny') return;
  const denials = look.guards.filter(({ verdict }) => verdict === 'deny');
  const reasons = denials.map(({ guard, message }) => `${guard}: ${message}`);
  throw GuardDenied.error(`denied by ${reasons.join('; ')}`, { details: faceOf(look, passage) });
}

/** A look as callers see it; the schema is `Planned` of the api. */
export function faceOf(look: Look, { operation }: Passage): { [member: string]: JsonValue } {
  return {
    operation: operation.name,
    plan: planFace(look.plan),
    digest: look.digest,
    guards: look.guards as unknown as JsonValue,
    verdict: look.verdict,
    approvedInAdvance: operation.approvedInAdvance === true,
  };
}

export function planFace({ effects, costMicroUsd, evidence }: Plan): { [member: string]: JsonValue } {
  return {
    effects: effects as unknown as JsonValue,
    ...(costMicroUsd === undefined ? {} : { costMicroUsd: costMicroUsd.toString() }),
    evidence: evidence as JsonValue,
  };
}
