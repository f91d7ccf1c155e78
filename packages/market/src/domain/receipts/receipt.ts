import { tokenCostPicoUsd } from '@reeve/kernel';
import type { ReceiptOutcome } from '../../api/receipts.ts';
import type { Hex } from '../eip712/hex.ts';

/** What a node states about one attempt, and signs. */
export interface Receipt {
  /** UUID of the request. */
  readonly taskId: string;
  /** The fencing token of the lease under which the attempt was made. */
  readonly fence: number;
  /** Counts the receipts of a node from 1, without gaps. */
  readonly sequence: number;
  readonly outcome: ReceiptOutcome;
  /** Salted hashes of the texts; see docs/reference/receipts.md. */
  readonly requestHash: Hex;
  readonly responseHash: Hex;
  readonly model: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Micro-USD per million tokens. */
  readonly priceInputMicroUsd: bigint;
  readonly priceOutputMicroUsd: bigint;
  readonly costPicoUsd: bigint;
  /** Payment channel; zeros when there is none. */
  readonly channel: Hex;
  readonly endedAtMs: number;
}

/** No payment channel. */
export const noChannel: Hex = `0x${'0'.repeat(64)}`;

/** What a receipt may cost at most, which is what it has to cost: nothing when nothing was given. */
export function costOf(
  receipt: Pick<
    Receipt,
    'outcome' | 'promptTokens' | 'completionTokens' | 'priceInputMicroUsd' | 'priceOutputMicroUsd'
  >,
): bigint {
  if (receipt.outcome === 'failed' || receipt.outcome === 'idle') return 0n;
  return (
    tokenCostPicoUsd(BigInt(receipt.promptTokens), receipt.priceInputMicroUsd) +
    tokenCostPicoUsd(BigInt(receipt.completionTokens), receipt.priceOutputMicroUsd)
  );
}
