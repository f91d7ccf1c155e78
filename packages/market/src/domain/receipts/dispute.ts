import type { DisputeReason } from '../../api/receipts.ts';
import { costOf, type Receipt } from './receipt.ts';

/** What is known here about the lease under which a receipt says that it was earned. */
export interface LeaseFacts {
  /** Fence of the task's newest lease; absent when it never had one. */
  readonly fence?: number;
  /** Whether that lease was given to the agent behind the key that signs. */
  readonly ownsLease: boolean;
  readonly model: string | undefined;
}

/** What the gateway itself saw of the answer. */
export interface SeenAnswer {
  /** Tokens that the request can have at most, whatever the tokenizer. */
  readonly promptBound: number;
  /** Tokens that the text can have at most. */
  readonly completionBound: number;
  readonly textBytes: number;
  /** What the node asked for the model when it was given the work, per million tokens. */
  readonly price?: TokenPrice;
}

export interface TokenPrice {
  readonly inputMicroUsd: bigint;
  readonly outputMicroUsd: bigint;
}

/** Nine billion dollars: beyond it, sums of the record would no longer be exact. */
const highestCostPicoUsd = 2n ** 53n * 1_000_000n;

/**
 * Why nothing is to be paid for a receipt; undefined when it agrees with what is known here. A receipt that costs nothing
 * needs no lease that is still the newest, and nobody who saw it: attempts that failed were followed by others.
 */
export function disputeOf(
  receipt: Receipt,
  lease: LeaseFacts | undefined,
  seen: SeenAnswer | undefined,
): DisputeReason | undefined {
  if (lease === undefined) return 'unknownTask';
  if (lease.fence === undefined || receipt.fence > lease.fence) return 'unknownFence';
  if (receipt.costPicoUsd !== costOf(receipt) || receipt.costPicoUsd > highestCostPicoUsd) return 'wrongCost';
  if (receipt.costPicoUsd === 0n) return undefined;
  if (receipt.fence < lease.fence) return 'staleFence';
  if (!lease.ownsLease) return 'otherNode';
  if (receipt.model !== lease.model) return 'otherModel';
  return seen === undefined ? 'notSeen' : againstSeen(receipt, seen);
}

function againstSeen(receipt: Receipt, seen: SeenAnswer): DisputeReason | undefined {
  const { price } = seen;
  if (price === undefined) return 'notSeen';
  if (receipt.priceInputMicroUsd > price.inputMicroUsd || receipt.priceOutputMicroUsd > price.outputMicroUsd)
    return 'abovePrice';
  if (seen.textBytes === 0) return 'notDelivered';
  if (receipt.promptTokens > seen.promptBound || receipt.completionTokens > seen.completionBound) return 'aboveCount';
  return undefined;
}
