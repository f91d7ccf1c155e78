import { setImmediate as nextTurn } from 'node:timers/promises';
import { hexOf, type Hex } from '../domain/eip712/hex.ts';
import { leafOf } from '../domain/receipts/leaf.ts';
import { merkleRoot } from '../domain/receipts/merkle.ts';
import type { Receipt } from '../domain/receipts/receipt.ts';

/** A full batch takes milliseconds: after so many of its receipts everything else has its turn. */
const receiptsPerTurn = 32;

/** The root that is signed for these receipts. */
export async function batchRoot(receipts: readonly Receipt[]): Promise<Hex> {
  const leaves: Uint8Array[] = [];
  for (const receipt of receipts) {
    leaves.push(leafOf(receipt));
    if (leaves.length % receiptsPerTurn === 0) await nextTurn();
  }
  return hexOf(merkleRoot(leaves));
}
