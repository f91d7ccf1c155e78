import type { Hex } from '../domain/eip712/hex.ts';
import { batchDigest } from '../domain/receipts/batch.ts';
import { receiptOf } from '../domain/receipts/receipt-json.ts';
import type { Receipt } from '../domain/receipts/receipt.ts';
import type { SignedBatch } from '../api/receipts.ts';
import { batchRoot } from '../signing/batch-root.ts';
import { signerOf } from '../signing/signature.ts';

/** A batch as it was handed in, with what follows from it. */
export interface HandedIn {
  readonly batch: SignedBatch;
  readonly receipts: readonly Receipt[];
  readonly root: Hex;
  /** Whether its node signed exactly this. */
  readonly isSigned: boolean;
}

export async function handedIn(batch: SignedBatch): Promise<HandedIn> {
  const receipts = batch.receipts.map(({ receipt }) => receiptOf(receipt));
  const root = await batchRoot(receipts);
  const isSigned = signerOf(batchDigest({ ...batch, root }), batch.signature) === batch.node;
  return { batch, receipts, root, isSigned };
}
