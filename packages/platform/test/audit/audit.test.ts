import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { canonicalJson, sha256Hex } from '@reeve/kernel';
import { describe, expect, test } from 'vitest';
import { listAudit, verifyAudit, type ChainHead } from '../../src/audit/index.ts';
import { recordHash } from '../../src/audit/find-fault.ts';
import { forge, recompute, rowOf, withRaw } from './tampering.ts';
import type { GroupDatabase } from '../../src/database/index.ts';
import { noteAudit, noteInsert, openTemporary, temporaryFolder } from '../database/temporary-database.ts';

describe('the audit chain', () => {
  test('[FD-14 chain] each record holds the hash over its canonical JSON and the hash before it', async () => {
    const { db } = await openWithRecords(3);
    const { items } = await listAudit(db, { limit: 10 });
    const [newest, , oldest] = items;
    expect(oldest).toMatchObject({ ...noteAudit('n1'), sequence: 1, previousHash: '0'.repeat(64) });
    for (const { hash, ...hashed } of items) expect(hash).toBe(await sha256Hex(canonicalJson(hashed)));
    expect(await verifyAudit(db)).toEqual({ ok: true, records: 3, head: { sequence: 3, hash: newest!.hash } });
  });

  test('[FD-14 chain] a unit that fails leaves no record and no gap', async () => {
    const { db } = await openWithRecords(1);
    const unit = (id: string, noteId: string) => ({
      statements: [noteInsert(noteId)],
      audit: [noteAudit(id), noteAudit(id)],
    });
    const results = await Promise.allSettled([
      db.commit(unit('a', 'a')),
      db.commit(unit('b', 'a')),
      db.commit(unit('c', 'c')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const { items } = await listAudit(db, { limit: 10 });
    expect(items.map(({ correlationId }) => correlationId)).toEqual(['c-c', 'c-c', 'c-a', 'c-a', 'c-n1']);
    expect(await verifyAudit(db)).toMatchObject({ ok: true, records: 5 });
  });

  test('[FD-14 verify] an empty chain is right; progress is told and an abort obeyed on a long one', async () => {
    expect(await verifyAudit(await openTemporary())).toEqual({
      ok: true,
      records: 0,
      head: { sequence: 0, hash: '0'.repeat(64) },
    });
    const { db } = await openWithRecords(25);
    const progress: number[] = [];
    await verifyAudit(db, { pageSize: 10, onProgress: (records) => progress.push(records) });
    expect(progress).toEqual([10, 20, 25]);
    await expect(verifyAudit(db, { signal: AbortSignal.abort() })).rejects.toThrow('abort');
  });
});

describe('[FD-14 verify] tampering', () => {
  const shift = `UPDATE audit_records SET sequence = -sequence WHERE sequence >= ?`;
  const unshift = (by: number) =>
    `UPDATE audit_records SET sequence = -sequence ${by < 0 ? '-' : '+'} 1 WHERE sequence < 0`;

  test.each<[string, (raw: DatabaseSync) => void, object]>([
    [
      'a changed value',
      (raw) => raw.exec(`UPDATE audit_records SET outcome = 'failed' WHERE sequence = 7`),
      { sequence: 7, kind: 'changed', records: 6 },
    ],
    [
      'a changed time',
      (raw) => raw.exec(`UPDATE audit_records SET at_ms = at_ms + 1 WHERE sequence = 1`),
      { sequence: 1, kind: 'changed', records: 0 },
    ],
    [
      'changed details',
      (raw) => raw.exec(`UPDATE audit_records SET details = '{"a":2,"b":"ü"}' WHERE sequence = 20`),
      { sequence: 20, kind: 'changed', records: 19 },
    ],
    ['a changed record with a hash made to fit', (raw) => forge(raw, 7), { sequence: 7, kind: 'changed', records: 7 }],
    [
      'a removed record',
      (raw) => raw.exec('DELETE FROM audit_records WHERE sequence = 7'),
      { sequence: 7, kind: 'removed', records: 6 },
    ],
    [
      'the first records removed',
      (raw) => raw.exec('DELETE FROM audit_records WHERE sequence <= 3'),
      { sequence: 1, kind: 'removed', records: 0 },
    ],
    [
      'a removed record, the rest numbered anew',
      (raw) => {
        raw.exec('DELETE FROM audit_records WHERE sequence = 7');
        raw.prepare(shift).run(8);
        raw.exec(unshift(-1));
      },
      { sequence: 7, kind: 'removed', records: 6 },
    ],
    [
      'an inserted record, the rest numbered anew',
      (raw) => {
        raw.prepare(shift).run(7);
        raw.exec(unshift(+1));
        insertForged(raw, 7);
      },
      { sequence: 7, kind: 'inserted', records: 7 },
    ],
    [
      'two records that changed places',
      (raw) => {
        raw.exec('UPDATE audit_records SET sequence = -7 WHERE sequence = 7');
        raw.exec('UPDATE audit_records SET sequence = 7 WHERE sequence = 9');
        raw.exec('UPDATE audit_records SET sequence = 9 WHERE sequence = -7');
      },
      { sequence: 7, kind: 'outOfOrder', records: 6 },
    ],
  ])('%s is found where it is', async (_, tamper, { records, ...fault }: { records?: number }) => {
    const { db, path } = await openWithRecords(20);
    withRaw(path, tamper);
    expect(await verifyAudit(db, { pageSize: 6 })).toMatchObject({ ok: false, records, fault });
  });

  test('a tail that was cut off shows only against a head exported earlier', async () => {
    const { db, path } = await openWithRecords(20);
    const expectedHead = await headOf(db);
    withRaw(path, (raw) => raw.exec('DELETE FROM audit_records WHERE sequence > 15'));
    expect(await verifyAudit(db)).toMatchObject({ ok: true, records: 15 });
    expect(await verifyAudit(db, { expectedHeads: [expectedHead] })).toMatchObject({
      ok: false,
      records: 15,
      fault: { sequence: 16, kind: 'tailCut', message: expect.stringContaining('records 16 to 20') },
    });
  });

  test('a chain that was computed anew shows only against a head exported earlier', async () => {
    const { db, path } = await openWithRecords(20);
    const expectedHead = await headOf(db);
    withRaw(path, (raw) => recompute(raw, 7));
    expect(await verifyAudit(db)).toMatchObject({ ok: true, records: 20 });
    expect(await verifyAudit(db, { expectedHeads: [expectedHead] })).toMatchObject({
      ok: false,
      fault: { sequence: 20, kind: 'rewritten' },
    });
  });

  test('records after an exported head do not disturb it', async () => {
    const { db } = await openWithRecords(5);
    const expectedHead = await headOf(db);
    await db.commit({ statements: [], audit: [noteAudit('later')] });
    expect(await verifyAudit(db, { expectedHeads: [expectedHead] })).toMatchObject({ ok: true, records: 6 });
  });

  test('tampered details are still listed', async () => {
    const { db, path } = await openWithRecords(2);
    withRaw(path, (raw) => raw.exec(`UPDATE audit_records SET details = '{' WHERE sequence = 1`));
    expect((await listAudit(db, { limit: 5 })).items[1]!.details).toEqual({ unreadable: '{' });
  });
});

describe('listAudit', () => {
  test('[FD-06 pagination] pages newest first, with filters', async () => {
    const db = await openTemporary();
    const audit = Array.from({ length: 25 }, (_, index) => ({ ...noteAudit(`${index + 1}`), tenant: `t${index % 2}` }));
    await db.commit({ statements: [], audit });
    expect(await listedSequences(db, 10)).toEqual([
      25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
    ]);
    expect(await listedSequences(db, 4, { tenant: 't1' })).toEqual([24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2]);
    expect(await listedSequences(db, 4, { target: 'note:7' })).toEqual([7]);
    expect(await listedSequences(db, 4, { operation: 'keys.create' })).toEqual([]);
    await expect(listAudit(db, { limit: 3, cursor: 'x' })).rejects.toMatchObject({ code: 'malformed_request' });
  });
});

async function openWithRecords(count: number): Promise<{ db: GroupDatabase; path: string }> {
  const path = join(temporaryFolder(), 'reeve.db');
  const db = await openTemporary({ path });
  await Promise.all(
    Array.from({ length: count }, (_, index) => db.commit({ statements: [], audit: [noteAudit(`n${index + 1}`)] })),
  );
  return { db, path };
}

async function headOf(db: GroupDatabase): Promise<ChainHead> {
  const verdict = await verifyAudit(db);
  if (!verdict.ok) throw new Error('the chain is broken');
  return verdict.head;
}

function insertForged(raw: DatabaseSync, sequence: number): void {
  const before = rowOf(raw, sequence - 1);
  const row = { ...before, sequence, actor: 'key:forged', previous_hash: before.hash };
  const columns = Object.keys(row);
  raw
    .prepare(`INSERT INTO audit_records (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`)
    .run(...(Object.values({ ...row, hash: recordHash(row) }) as string[]));
}

async function listedSequences(db: GroupDatabase, limit: number, filter: object = {}): Promise<number[]> {
  const sequences: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAudit(db, { limit, cursor, ...filter });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    sequences.push(...page.items.map(({ sequence }) => sequence));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return sequences;
}
