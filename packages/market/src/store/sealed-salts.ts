import { placeOf, SealedText, type Database, type SealedColumn } from '@reeve/platform';
import type { ReceiptBatchesTable } from './tables.ts';

/** For whoever seals everything anew. With a salt, a short prompt could be found out by trying. */
export const marketSealedColumns: readonly SealedColumn[] = [
  { table: 'receipt_batches', column: 'salts', key: ['node', 'sequence'] },
];

const saltsPlace = (node: string, sequence: number): string => placeOf('receipt_batches', 'salts', node, sequence);

export function sealedSalts(node: string, sequence: number, salts: readonly string[]): SealedText {
  return new SealedText(JSON.stringify(salts), saltsPlace(node, sequence));
}

/** The salts of a batch, in the order of its receipts. */
export function openSalts(
  database: Pick<Database, 'unsealed'>,
  { node, sequence, salts }: Pick<ReceiptBatchesTable, 'node' | 'sequence' | 'salts'>,
): `0x${string}`[] {
  return JSON.parse(database.unsealed(salts, saltsPlace(node, sequence))) as `0x${string}`[];
}
