import { utf8ToBytes } from '@noble/hashes/utils.js';
import { ReceiptOutcome } from '../../api/receipts.ts';
import { keccak256, typeHash } from '../eip712/hash.ts';
import { bytesOf, unsigned } from '../eip712/hex.ts';
import type { Receipt } from './receipt.ts';

/** Before every leaf, and never before a node of the tree. */
const leafPrefix = 0x00;
/** Names the fields below and their order: other fields get another name. */
const leafType = typeHash(
  'ReeveReceipt1(bytes16 taskId,uint64 fence,uint64 sequence,uint8 outcome,bytes32 requestHash,bytes32 responseHash,bytes32 modelHash,uint64 promptTokens,uint64 completionTokens,uint64 priceInputMicroUsd,uint64 priceOutputMicroUsd,uint128 costPicoUsd,bytes32 channel,uint64 endedAtMs)',
);

/** Bytes of an encoded receipt: two blocks of Keccak; with words of the ABI it would be five. */
export const encodedBytes = 250;

/**
 * The canonical bytes of a receipt: every field in a fixed place, so that one receipt has one encoding, as
 * `abi.encodePacked` makes it.
 * @throws RangeError for a number that does not fit its field
 */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const bytes = new Uint8Array(encodedBytes);
  let at = 0;
  const put = (field: Uint8Array): void => {
    bytes.set(field, at);
    at += field.length;
  };
  put(Uint8Array.of(leafPrefix));
  put(leafType);
  put(bytesOf(`0x${receipt.taskId.replaceAll('-', '')}`));
  put(count(receipt.fence));
  put(count(receipt.sequence));
  put(Uint8Array.of(ReceiptOutcome.options.indexOf(receipt.outcome) + 1));
  put(bytesOf(receipt.requestHash));
  put(bytesOf(receipt.responseHash));
  put(keccak256(utf8ToBytes(receipt.model)));
  put(count(receipt.promptTokens));
  put(count(receipt.completionTokens));
  put(unsigned(receipt.priceInputMicroUsd, 8));
  put(unsigned(receipt.priceOutputMicroUsd, 8));
  put(unsigned(receipt.costPicoUsd, 16));
  put(bytesOf(receipt.channel));
  put(count(receipt.endedAtMs));
  if (at !== encodedBytes) throw new RangeError(`the fields of a receipt came to ${at} bytes, not ${encodedBytes}`);
  return bytes;
}

/** A whole number of 8 bytes. @throws RangeError for one that is negative or no longer exact */
function count(value: number): Uint8Array {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact whole number`);
  return unsigned(BigInt(value), 8);
}

/** The leaf of a receipt in the tree of its batch. */
export function leafOf(receipt: Receipt): Uint8Array {
  return keccak256(encodeReceipt(receipt));
}
