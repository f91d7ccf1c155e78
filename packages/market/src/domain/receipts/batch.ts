import { signingDigest, structHash, typeHash, type SigningDomain } from '../eip712/hash.ts';
import { bytesOf, word, type Hex } from '../eip712/hex.ts';

/** Receipts of one batch, at most: as many as `disputed` of an acceptance has bits. */
export const maxBatchReceipts = 256;

/** What a node signs for a batch of receipts. */
export interface ReceiptBatch {
  readonly chainId: number;
  /** Address of the node's key. */
  readonly node: Hex;
  /** Counts the batches of a node from 1, without gaps. */
  readonly sequence: number;
  /** Of the Merkle tree over its receipts. */
  readonly root: Hex;
}

const batchType = typeHash('ReceiptBatch(address node,uint64 sequence,bytes32 root)');
const acceptanceType = typeHash('BatchAcceptance(address node,uint64 sequence,bytes32 root,uint256 disputed)');

/** The digest that the node signs. */
export function batchDigest(batch: ReceiptBatch): Uint8Array {
  return signingDigest(receiptDomain(batch.chainId), structHash(batchType, ...membersOf(batch)));
}

/**
 * The digest that the hub signs when it has taken a batch in. `disputed` has bit `i` set when the hub does not agree
 * with receipt `i`; of the others it confirms that they are within what it saw itself.
 */
export function acceptanceDigest(batch: ReceiptBatch, disputed: bigint): Uint8Array {
  const struct = structHash(acceptanceType, ...membersOf(batch), word(disputed));
  return signingDigest(receiptDomain(batch.chainId), struct);
}

function membersOf({ node, sequence, root }: ReceiptBatch): Uint8Array[] {
  return [word(bytesOf(node)), word(BigInt(sequence)), bytesOf(root)];
}

function receiptDomain(chainId: number): SigningDomain {
  return { name: 'Reeve Receipts', version: '1', chainId };
}
