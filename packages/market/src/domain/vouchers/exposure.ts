import { tokenCostPicoUsd } from '@reeve/kernel';
import type { TokenPrice } from '../receipts/dispute.ts';

const picoPerMicro = 1_000_000n;
/** Output that a node gives ahead of payment when nothing else is agreed. */
const creditTokens = 256n;

/** What each side of a channel can lose at most, in micro-USD. */
export interface Exposure {
  /** Worth of what the node gives before it is paid for; then it stops. */
  readonly creditMicroUsd: bigint;
  /** The client: it pays the prompt before it is worked on, or one credit ahead, and gets nothing for it. */
  readonly clientMicroUsd: bigint;
  /** The node: it works, or gives one credit, and is not paid. */
  readonly nodeMicroUsd: bigint;
}

/** The bounds of a channel for prompts of at most so many tokens. Rounded up: a bound must hold. */
export function exposureOf(price: TokenPrice, maxPromptTokens: number, creditMicroUsd?: bigint): Exposure {
  const credit = creditMicroUsd ?? roundedUp(tokenCostPicoUsd(creditTokens, price.outputMicroUsd));
  const prompt = roundedUp(tokenCostPicoUsd(BigInt(maxPromptTokens), price.inputMicroUsd));
  const most = prompt > credit ? prompt : credit;
  return { creditMicroUsd: credit, clientMicroUsd: most, nodeMicroUsd: most };
}

function roundedUp(picoUsd: bigint): bigint {
  return (picoUsd + picoPerMicro - 1n) / picoPerMicro;
}
