import { defineOperation, EpochMs, NotFound, PageQuery, pageOf, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { NodeKeyUnknown, ReceiptsEquivocal, ReceiptsForged, ReceiptsOutOfOrder } from '../errors.ts';
import {
  Acceptance,
  Address,
  ChainId,
  DisputeReason,
  ReceiptEvidence,
  ReceiptFields,
  ReceiptOutcome,
  SignedBatch,
} from './receipts.ts';

/** A receipt as lists have it. */
export const ReceiptSummary = z.object({
  taskId: Uuid,
  fence: z.int(),
  /** The node that signed it, by its key and by its name here. */
  node: Address,
  agentId: Uuid.optional(),
  sequence: z.int(),
  outcome: ReceiptOutcome,
  model: z.string(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** What the node states. */
  costMicroUsd: z.string(),
  /** Why nothing is billed for it; absent when the hub agrees. */
  disputed: DisputeReason.optional(),
  endedAtMs: EpochMs,
});
export type ReceiptSummary = z.output<typeof ReceiptSummary>;

export const submitReceipts = defineOperation({
  name: 'receipts.submit',
  summary: 'Hand in a signed batch of receipts, as a node does by itself',
  description:
    'The same batch again gets the same answer and counts nothing twice. A batch that is not the node’s next one is refused with the number that is.',
  access: 'agents:connect',
  effect: 'write',
  recordedIn: 'events',
  http: { method: 'POST', path: '/v1/receipts/batches', bodyLimitBytes: 1024 * 1024 },
  input: SignedBatch,
  output: Acceptance,
  errors: [NodeKeyUnknown, ReceiptsForged, ReceiptsOutOfOrder, ReceiptsEquivocal],
});

export const showReceiptPosition = defineOperation({
  name: 'receipts.position',
  summary: 'How far the receipts of a node have come',
  access: 'agents:connect',
  effect: 'read',
  http: { method: 'GET', path: '/v1/receipts/nodes/{node}' },
  input: z.object({ node: Address }),
  output: z.object({
    /** The chain for which the hub takes receipts. */
    chainId: ChainId,
    /** Of its last batch; 0 when there was none. */
    batchSequence: z.int().nonnegative(),
    /** Of its last receipt. */
    receiptSequence: z.int().nonnegative(),
  }),
});

export const showReceipt = defineOperation({
  name: 'receipts.show',
  summary: 'Show the receipts of one request, with everything that proves them',
  description:
    'One for each attempt that a node has signed a receipt for. A receipt comes within a second of its answer.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/receipts/{taskId}' },
  input: z.object({ taskId: Uuid }),
  output: z.object({ items: z.array(ReceiptEvidence) }),
  errors: [NotFound],
});

const filter = {
  ...PageQuery,
  model: z.string().max(100).optional(),
  node: Address.optional(),
  outcome: ReceiptOutcome.optional(),
  /** Only those that the hub does not agree with. */
  disputed: z.boolean().optional(),
};

export const listReceipts = defineOperation({
  name: 'receipts.list',
  summary: 'List receipts, newest first',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/receipts' },
  input: z.object(filter),
  output: pageOf(ReceiptSummary),
});

export const exportReceipts = defineOperation({
  name: 'receipts.export',
  summary: 'Receipts with everything that proves them, oldest first',
  description: '`reeve receipts export > FILE` writes all pages as lines, which `reeve receipts verify FILE` checks.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/receipts/export' },
  input: z.object({ ...PageQuery }),
  output: pageOf(ReceiptEvidence),
});

/** A signed batch without the salts, which prove nothing. */
const SignedContents = SignedBatch.extend({ receipts: z.array(ReceiptFields) });

/** A batch that was refused because of what it would have proved, and the batch that it contradicts. */
export const ReceiptFault = z.object({
  id: Uuid,
  kind: z.enum(['forged', 'equivocal']),
  node: Address,
  message: z.string(),
  /** As it was handed in. */
  batch: SignedContents,
  /** What the node had signed before under the same number. */
  earlier: SignedContents.extend({ acceptance: Acceptance }).optional(),
  seenAtMs: EpochMs,
});
export type ReceiptFault = z.output<typeof ReceiptFault>;

export const listReceiptFaults = defineOperation({
  name: 'receipts.faults',
  summary: 'Batches of receipts that were refused as forged or contradictory, with the evidence, newest first',
  access: 'agents:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/receipts/faults' },
  input: z.object({ ...PageQuery, node: Address.optional() }),
  output: pageOf(ReceiptFault),
});
