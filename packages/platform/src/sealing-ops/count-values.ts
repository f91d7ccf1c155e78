import { setImmediate } from 'node:timers/promises';
import type { Database } from '../database/index.ts';
import type { SealedColumn } from './sealed-column.ts';
import { readSealedValues, type KeyValues } from './store/sealed-values.ts';

/** Values looked at in one query; other work runs between two. */
const pageSize = 500;

/** What stands for the key of a value that is not sealed at all. */
export const noKey = '';

/** How many values are sealed under each key, found by looking at all of them. */
export async function countByKey(
  database: Database,
  columns: readonly SealedColumn[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const column of columns) await countColumn(database, column, signal, counts);
  return counts;
}

async function countColumn(database: Database, column: SealedColumn, signal: AbortSignal, counts: Map<string, number>) {
  for (let after: KeyValues = []; ;) {
    signal.throwIfAborted();
    const page = await readSealedValues(database, column, after, pageSize);
    for (const { keyId = noKey } of page) counts.set(keyId, (counts.get(keyId) ?? 0) + 1);
    if (page.length < pageSize) return;
    after = page.at(-1)!.key;
    await setImmediate();
  }
}
