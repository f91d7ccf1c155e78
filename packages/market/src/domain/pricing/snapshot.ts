import type { TokenPrice } from '../receipts/dispute.ts';

/** What pricing looks at: one model of one node, and the market around it. Prices and costs per million tokens. */
export interface MarketSnapshot {
  /** What the node asks now. */
  readonly own: TokenPrice;
  /** What other nodes ask that could serve the model at this moment. */
  readonly others: readonly TokenPrice[];
  readonly utilisation: Utilisation;
  /** What tokens cost the node. */
  readonly cost: TokenPrice;
}

/** A share as two whole numbers, so that prices stay exact: such as busy milliseconds of all slots, of how many there were. */
export interface Utilisation {
  readonly busy: number;
  readonly of: number;
}

/** The two prices of an offer. */
export const sides = ['inputMicroUsd', 'outputMicroUsd'] as const satisfies readonly (keyof TokenPrice)[];
