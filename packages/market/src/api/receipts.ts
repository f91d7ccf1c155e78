import { EpochMs, MicroUsd, Uuid } from '@reeve/kernel';
import { z } from 'zod';

/** Bytes as `0x` and lower-case hexadecimal digits. */
type Hex = `0x${string}`;

function hex(bytes: number): z.ZodType<Hex, string> {
  const pattern = new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`);
  // The pattern is what makes it one: a transform would say the same, and no JSON Schema could.
  return z
    .string()
    .regex(pattern, `must be 0x and ${bytes * 2} lower-case hexadecimal digits`) as z.ZodType as z.ZodType<Hex, string>;
}

/** 32 bytes: a hash, a salt, a channel. */
export const Bytes32 = hex(32);
/** Address of a key on an EVM chain. */
export const Address = hex(20);
/** `r ‖ s ‖ v` of secp256k1. */
export const Signature = hex(65);

/** Whole number of pico-USD (10⁻¹² USD) in decimal digits. */
export const PicoUsd = z.string().regex(/^\d{1,38}$/, 'must be a whole number of pico-USD in decimal digits');

/**
 * How an attempt ended. `served`: the whole answer was given. `partial`: a part of it was. `failed`: nothing was, and the
 * node or its backend is why. `idle`: nothing was, because the request was withdrawn before the answer began.
 * The order is the number in the encoding, from 1.
 */
export const ReceiptOutcome = z.enum(['served', 'partial', 'failed', 'idle']);
export type ReceiptOutcome = z.output<typeof ReceiptOutcome>;

/** Why the hub does not agree with a receipt, in the order in which it looks. */
export const DisputeReason = z.enum([
  'unknownTask',
  'unknownFence',
  'wrongCost',
  'staleFence',
  'otherNode',
  'otherModel',
  'notSeen',
  'abovePrice',
  'notDelivered',
  'aboveCount',
]);
export type DisputeReason = z.output<typeof DisputeReason>;

/** What a node states about one attempt; docs/reference/receipts.md has the bytes that are hashed of it. */
export const ReceiptFields = z.strictObject({
  taskId: Uuid.lowercase(),
  fence: z.int().positive(),
  /** Counts the receipts of a node from 1, without gaps. */
  sequence: z.int().positive(),
  outcome: ReceiptOutcome,
  requestHash: Bytes32,
  responseHash: Bytes32,
  model: z.string().min(1).max(100),
  promptTokens: z.int().nonnegative(),
  completionTokens: z.int().nonnegative(),
  /** Per million tokens. */
  priceInputMicroUsd: MicroUsd,
  priceOutputMicroUsd: MicroUsd,
  costPicoUsd: PicoUsd,
  /** Payment channel; zeros when there is none. */
  channel: Bytes32,
  endedAtMs: EpochMs,
});
export type ReceiptFields = z.output<typeof ReceiptFields>;

/** A receipt with the salt of its two hashes, which is for the two sides only and not signed. */
export const SaltedReceipt = z.strictObject({ receipt: ReceiptFields, salt: Bytes32 });
export type SaltedReceipt = z.output<typeof SaltedReceipt>;

export const ChainId = z.int().positive();

/** What a node sends: its signature is over the Merkle root of the receipts in their order. */
export const SignedBatch = z.strictObject({
  chainId: ChainId,
  /** Address of the node's key. */
  node: Address,
  /** Counts the batches of a node from 1, without gaps. */
  sequence: z.int().positive(),
  receipts: z.array(SaltedReceipt).min(1).max(256),
  signature: Signature,
});
export type SignedBatch = z.output<typeof SignedBatch>;

/**
 * The hub's signature that it has taken a batch in. `disputed`, in decimal digits, has bit `i` set when the hub does not
 * agree with receipt `i`: nothing is paid for that one by this hub.
 */
export const Acceptance = z.strictObject({
  hub: Address,
  disputed: z.string().regex(/^\d{1,78}$/),
  signature: Signature,
});
export type Acceptance = z.output<typeof Acceptance>;

/** Everything that is needed to check one receipt without asking anybody: one line of an exported file. */
export const ReceiptEvidence = z.strictObject({
  format: z.literal('reeve.receipt.v1'),
  receipt: ReceiptFields,
  salt: Bytes32.optional(),
  proof: z.strictObject({
    index: z.int().min(0).max(255),
    count: z.int().min(1).max(256),
    siblings: z.array(Bytes32).max(8),
  }),
  batch: z.strictObject({
    chainId: ChainId,
    node: Address,
    sequence: z.int().positive(),
    root: Bytes32,
    signature: Signature,
  }),
  acceptance: Acceptance,
});
export type ReceiptEvidence = z.output<typeof ReceiptEvidence>;
