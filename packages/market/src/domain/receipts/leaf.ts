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
  const view = new DataView(bytes.buffer);
  let at = 0;
  const put = (field: Uint8Array): void => {
    bytes.set(field, at);
    at += field.length;
  };
  const put64 = (value: bigint): void => {
    if (BigInt.asUintN(64, value) !== value) throw new RangeError(`${value} does not fit into 8 bytes`);
    view.setBigUint64(at, value);
    at += 8;
  };
  put(Uint8Array.of(leafPrefix));
  put(leafType);
  put(bytesOf(`0x${receipt.taskId.replaceAll('-', '')}`));
  put64(count(receipt.fence));
  put64(count(receipt.sequence));
  put(Uint8Array.of(ReceiptOutcome.options.indexOf(receipt.outcome) + 1));
  put(bytesOf(receipt.requestHash));
  put(bytesOf(receipt.responseHash));
  put(modelHash(receipt.model));
  put64(count(receipt.promptTokens));
  put64(count(receipt.completionTokens));
  put64(receipt.priceInputMicroUsd);
  put64(receipt.priceOutputMicroUsd);
  put(unsigned(receipt.costPicoUsd, 16));
  put(bytesOf(receipt.channel));
  put64(count(receipt.endedAtMs));
  if (at !== encodedBytes) throw new RangeError(`the fields of a receipt came to ${at} bytes, not ${encodedBytes}`);
  return bytes;
}

const modelHashes = new Map<string, Uint8Array>();

/** Receipts of a node are about a few models, and a hash of a name costs as much as a third of its leaf. */
function modelHash(model: string): Uint8Array {
  let hash = modelHashes.get(model);
  if (hash === undefined) {
    if (modelHashes.size >= 1_024) modelHashes.clear();
    modelHashes.set(model, (hash = keccak256(utf8ToBytes(model))));
  }
  return hash;
}

/** @throws RangeError for a number that is no longer exact */
function count(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no exact whole number`);
  return BigInt(value);
}

/** The leaf of a receipt in the tree of its batch. */
export function leafOf(receipt: Receipt): Uint8Array {
  return keccak256(encodeReceipt(receipt));
}
