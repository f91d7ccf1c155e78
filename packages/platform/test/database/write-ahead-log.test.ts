import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { GroupDatabase } from '../../src/database/index.ts';
import { noteInsert, openTemporary, temporaryFolder } from './temporary-database.ts';

const limits = { checkpointPages: 100 };

test('the write-ahead log is copied and begun anew instead of growing', async () => {
  const path = join(temporaryFolder(), 'reeve.db');
  const db = await openTemporary({ path, limits });
  await writePages(db, 'a', 3_000);
  expect(statSync(path).size).toBeGreaterThan(2_000 * 4_096);
  expect(statSync(`${path}-wal`).size).toBeLessThan(1_000 * 4_096);
});

test('a reader that holds the log makes it grow; when it lets go, the log is cut back', async () => {
  const path = join(temporaryFolder(), 'reeve.db');
  const db = await openTemporary({ path, limits });
  await writePages(db, 'a', 10);
  const reader = new DatabaseSync(path, { readOnly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT COUNT(*) FROM notes').get();
  await writePages(db, 'b', 2_000);
  expect(statSync(`${path}-wal`).size).toBeGreaterThan(2_000 * 4_096);
  reader.close();
  await writePages(db, 'c', 200);
  expect(statSync(`${path}-wal`).size).toBeLessThan(1_000 * 4_096);
});

/** Writes notes that fill a page each, in groups of twenty. */
async function writePages(db: GroupDatabase, prefix: string, count: number): Promise<void> {
  for (let from = 0; from < count; from += 20) {
    const ids = Array.from({ length: 20 }, (_, index) => `${prefix}${from + index}`);
    await Promise.all(ids.map((id) => db.commit({ statements: [noteInsert(id, { text: id.padEnd(4_000, '.') })] })));
  }
}
