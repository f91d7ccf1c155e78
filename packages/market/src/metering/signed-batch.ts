import type { SignedBatch } from '../api/receipts.ts';
import { hexOf } from '../domain/eip712/hex.ts';
import { batchDigest } from '../domain/receipts/batch.ts';
import { leafOf } from '../domain/receipts/leaf.ts';
import { merkleRoot } from '../domain/receipts/merkle.ts';
import { receiptOf } from '../domain/receipts/receipt-json.ts';
import { addressOfKey, signDigest } from '../signing/signature.ts';

/** Signs a batch with the key of its node. The same batch gets the same signature. */
export function signedBatch(key: Uint8Array, batch: Omit<SignedBatch, 'node' | 'signature'>): SignedBatch {
  const node = addressOfKey(key);
  const root = hexOf(merkleRoot(batch.receipts.map(({ receipt }) => leafOf(receiptOf(receipt)))));
  const signature = signDigest(batchDigest({ ...batch, node, root }), key);
  return { ...batch, node, signature };
}
