import type { ReceiptEvidence } from '../api/receipts.ts';
import { bytesOf, hexOf } from '../domain/eip712/hex.ts';
import { acceptanceDigest, batchDigest } from '../domain/receipts/batch.ts';
import { leafOf } from '../domain/receipts/leaf.ts';
import { rootFrom } from '../domain/receipts/merkle.ts';
import { receiptOf } from '../domain/receipts/receipt-json.ts';
import { costOf } from '../domain/receipts/receipt.ts';
import { signerOf } from './signature.ts';

/** What was found when a receipt was checked; it proves what it says when there are no faults. */
export interface ReceiptVerdict {
  readonly ok: boolean;
  /** In words, each a reason for which it proves nothing. */
  readonly faults: readonly string[];
  /** The hub signed that it does not agree with this receipt: the node says so, and the hub pays nothing for it. */
  readonly disputed: boolean;
}

/** Checks a receipt by what it holds alone; nobody is asked. */
export function verifyEvidence({ receipt: fields, proof, batch, acceptance }: ReceiptEvidence): ReceiptVerdict {
  const receipt = receiptOf(fields);
  const faults: string[] = [];
  const siblings = proof.siblings.map(bytesOf);
  const root = rootFrom(leafOf(receipt), { ...proof, siblings });
  if (root === undefined || hexOf(root) !== batch.root) faults.push('it is not in the batch that the node signed');
  if (signerOf(batchDigest(batch), batch.signature) !== batch.node)
    faults.push('the batch is not signed by the key of the node');
  const disputed = BigInt(acceptance.disputed);
  if (disputed >> 256n !== 0n || signerOf(acceptanceDigest(batch, disputed), acceptance.signature) !== acceptance.hub)
    faults.push('the batch is not countersigned by the key of the hub');
  if (receipt.costPicoUsd !== costOf(receipt)) faults.push('its cost is not its tokens at its prices');
  return { ok: faults.length === 0, faults, disputed: ((disputed >> BigInt(proof.index)) & 1n) === 1n };
}
