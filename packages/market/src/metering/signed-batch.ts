import type { SignedBatch } from '../api/receipts.ts';
import { batchDigest } from '../domain/receipts/batch.ts';
import { receiptOf } from '../domain/receipts/receipt-json.ts';
import { batchRoot } from '../signing/batch-root.ts';
import { addressOfKey, signDigest } from '../signing/signature.ts';

/** Signs a batch with the key of its node. The same batch gets the same signature. */
export async function signedBatch(
  key: Uint8Array,
  batch: Omit<SignedBatch, 'node' | 'signature'>,
): Promise<SignedBatch> {
  const node = addressOfKey(key);
  const root = await batchRoot(batch.receipts.map(({ receipt }) => receiptOf(receipt)));
  const signature = signDigest(batchDigest({ ...batch, node, root }), key);
  return { ...batch, node, signature };
}
