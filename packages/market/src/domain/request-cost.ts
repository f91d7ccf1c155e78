import { billableMicroUsd, tokenCostPicoUsd } from '@reeve/kernel';
import type { TokenPrice } from './receipts/dispute.ts';

export interface TokenCounts {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What an answer came to, beside the most that its prompt could have had. */
export interface MeasuredAnswer extends TokenCounts {
  readonly promptBound: number;
}

/** As it would be billed: exact, rounded down once. */
export function requestCostMicroUsd({ promptTokens, completionTokens }: TokenCounts, price: TokenPrice): bigint {
  const input = tokenCostPicoUsd(BigInt(promptTokens), price.inputMicroUsd);
  return billableMicroUsd(input + tokenCostPicoUsd(BigInt(completionTokens), price.outputMicroUsd));
}

/**
 * Tokens that a request likely has: of its bound the share that prompts had of theirs, and the mean of answers; never more
 * than the bounds, which is also what it is without any answer to go by.
 */
export function likelyTokens(bounds: TokenCounts, measured: readonly MeasuredAnswer[]): TokenCounts {
  if (measured.length === 0) return bounds;
  const [prompt, bound, completion] = [sum('promptTokens'), sum('promptBound'), sum('completionTokens')];
  const share = bound === 0 ? 1 : Math.min(1, prompt / bound);
  return {
    promptTokens: Math.ceil(bounds.promptTokens * share),
    completionTokens: Math.min(bounds.completionTokens, Math.ceil(completion / measured.length)),
  };

  function sum(member: keyof MeasuredAnswer): number {
    return measured.reduce((total, answer) => total + answer[member], 0);
  }
}
