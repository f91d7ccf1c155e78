import type { Acceptance, ReceiptEvidence, ReceiptFields } from '../api/receipts.ts';
import { hexOf } from '../domain/eip712/hex.ts';
import { leafOf } from '../domain/receipts/leaf.ts';
import { merkleLevels, proofOf } from '../domain/receipts/merkle.ts';
import { receiptOf } from '../domain/receipts/receipt-json.ts';
import { selectBatch, selectBatchReceipts } from '../store/receipts.ts';
import { openSalts } from '../store/sealed-salts.ts';
import type { ReceiptBatchesTable, ReceiptsTable } from '../store/tables.ts';
import type { ReceiptComponents } from './receipt-components.ts';

/** Everything about one batch that evidence is made of. */
interface BatchEvidence {
  readonly fields: readonly ReceiptFields[];
  readonly levels: readonly (readonly Uint8Array[])[];
  readonly salts: readonly `0x${string}`[];
  readonly batch: ReceiptEvidence['batch'];
  readonly acceptance: Acceptance;
}

/** Evidence for some receipts; each of their batches is read once. */
export async function evidenceFor(
  { database }: Pick<ReceiptComponents, 'database'>,
  rows: readonly ReceiptsTable[],
): Promise<ReceiptEvidence[]> {
  const batches = new Map<string, Promise<BatchEvidence>>();
  const batchOf = ({ node, batch_sequence: sequence }: ReceiptsTable): Promise<BatchEvidence> => {
    const name = `${node}/${sequence}`;
    let batch = batches.get(name);
    if (batch === undefined) batches.set(name, (batch = readBatch(database, node, sequence)));
    return batch;
  };
  return Promise.all(rows.map(async (row) => evidenceOf(await batchOf(row), row.leaf_index)));
}

function evidenceOf({ fields, levels, salts, batch, acceptance }: BatchEvidence, at: number): ReceiptEvidence {
  const { index, count, siblings } = proofOf(levels, at);
  return {
    format: 'reeve.receipt.v1',
    receipt: fields[at]!,
    salt: salts[at]!,
    proof: { index, count, siblings: siblings.map(hexOf) },
    batch,
    acceptance,
  };
}

async function readBatch(
  database: ReceiptComponents['database'],
  node: string,
  sequence: number,
): Promise<BatchEvidence> {
  const key = { node, sequence };
  const [[row], receipts] = await Promise.all([
    database.read<ReceiptBatchesTable>(selectBatch.bind(key)),
    database.read<Pick<ReceiptsTable, 'fields'>>(selectBatchReceipts.bind(key)),
  ]);
  const fields = receipts.map((receipt) => JSON.parse(receipt.fields) as ReceiptFields);
  const { chain_id: chainId, root, signature, acceptance } = row!;
  return {
    fields,
    levels: merkleLevels(fields.map((each) => leafOf(receiptOf(each)))),
    salts: openSalts(database, row!),
    batch: { chainId, node, sequence, root, signature } as ReceiptEvidence['batch'],
    acceptance: JSON.parse(acceptance) as Acceptance,
  };
}
