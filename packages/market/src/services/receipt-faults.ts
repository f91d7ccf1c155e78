import { uuidv7 } from '@reeve/kernel';
import type { Acceptance, SaltedReceipt, SignedBatch } from '../api/receipts.ts';
import type { ReceiptFault } from '../api/receipt-operations.ts';
import {
  insertFault,
  selectBatch,
  selectBatchReceipts,
  selectFaultCounts,
  selectFaultPage,
  selectNewestFault,
} from '../store/receipts.ts';
import type { ReceiptBatchesTable, ReceiptFaultsTable, ReceiptsTable } from '../store/tables.ts';
import type { ReceiptComponents } from './receipt-components.ts';

/** Kept for each node and kind: the first ones prove as much as a thousand, and a node must not fill the disk. */
const keptFaults = 20;

type Parts = Pick<ReceiptComponents, 'database' | 'clock' | 'log' | 'metrics'>;

export interface NewFault {
  readonly kind: ReceiptFault['kind'];
  readonly tenant: string;
  readonly batch: SignedBatch;
  readonly message: string;
  /** Number of the batch that it contradicts. */
  readonly earlierSequence?: number;
}

/** Keeps a refused batch beside what it contradicts, as the node signed both. */
export async function keepFault(parts: Parts, fault: NewFault): Promise<void> {
  const { database, clock, log, metrics } = parts;
  const { kind, tenant, batch, message, earlierSequence } = fault;
  const { node } = batch;
  metrics.refused(kind);
  log.warn({ node, kind, sequence: batch.sequence, message }, 'a batch of receipts is refused');
  const [counted] = await database.read<{ count: number }>(selectFaultCounts.bind({ node, kind }));
  if ((counted?.count ?? 0) >= keptFaults) return;
  const [newest] = await database.read<{ seq: number | null }>(selectNewestFault.bind({}));
  const earlier = earlierSequence === undefined ? undefined : await signedBefore(parts, node, earlierSequence);
  const row: ReceiptFaultsTable = {
    seq: (newest?.seq ?? 0) + 1,
    id: uuidv7(clock.nowMs()),
    tenant,
    node,
    kind,
    message,
    batch: JSON.stringify({ ...batch, receipts: batch.receipts.map(({ receipt }) => receipt) }),
    earlier: earlier === undefined ? null : JSON.stringify(earlier),
    seen_at_ms: clock.nowMs(),
  };
  const event = { type: 'receipts.refused', tenant, subject: `receipt-fault:${row.id}`, data: { node, kind, message } };
  await database.commit({ statements: [insertFault.bind(row)], events: [event] });
}

async function signedBefore({ database }: Parts, node: string, sequence: number): Promise<object | undefined> {
  const [batch] = await database.read<ReceiptBatchesTable>(selectBatch.bind({ node, sequence }));
  if (batch === undefined) return undefined;
  const rows = await database.read<ReceiptsTable>(selectBatchReceipts.bind({ node, sequence }));
  const receipts = rows.map(({ fields }) => JSON.parse(fields) as SaltedReceipt['receipt']);
  const acceptance = JSON.parse(batch.acceptance) as Acceptance;
  return { chainId: batch.chain_id, node, sequence, receipts, signature: batch.signature, acceptance };
}

/** One page of faults, newest first. */
export async function listFaults(
  { database }: Pick<Parts, 'database'>,
  { tenant, before, limit, node }: { tenant: string; before: number; limit: number; node?: string | undefined },
): Promise<{ items: ReceiptFault[]; next?: number }> {
  const rows = await database.read<ReceiptFaultsTable>(selectFaultPage(tenant, before, limit + 1, node));
  const items = rows.slice(0, limit).map(faultView);
  return rows.length > limit ? { items, next: rows[limit - 1]!.seq } : { items };
}

function faultView({
  id,
  kind,
  node,
  message,
  batch,
  earlier,
  seen_at_ms: seenAtMs,
}: ReceiptFaultsTable): ReceiptFault {
  return {
    id,
    kind,
    node: node as ReceiptFault['node'],
    message,
    batch: JSON.parse(batch) as ReceiptFault['batch'],
    ...(earlier !== null && { earlier: JSON.parse(earlier) as NonNullable<ReceiptFault['earlier']> }),
    seenAtMs,
  };
}
