/** The book of a node: what is signed was written before, and nothing is ever signed twice under one number. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@reeve/kernel';
import { createLogger, openDatabase, platformMigrations, type Database } from '@reeve/platform';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SignedBatch } from '../../src/api/receipts.ts';
import { hexOf } from '../../src/domain/eip712/hex.ts';
import type { ReceiptDraft } from '../../src/metering/metered-handler.ts';
import { ReceiptBook } from '../../src/metering/receipt-book.ts';
import { nodeMigrations } from '../../src/migrations/node/index.ts';
import { handedIn } from '../../src/services/handed-in.ts';
import { sampleReceipt } from './arbitrary-receipts.ts';

const key = new Uint8Array(32).fill(0x31);
const log = createLogger({ level: 'error' });
const chainId = 31_337;
const clock = systemClock;

function draft(fence: number): ReceiptDraft {
  const { sequence: _, ...receipt } = sampleReceipt(1, { fence });
  return { receipt, salt: `0x${'00'.repeat(32)}` };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'reeve-book-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function openBook(path: string): Promise<{ book: ReceiptBook; database: Database }> {
  const database = await openDatabase({
    url: join(path, 'receipts.db'),
    migrations: [...platformMigrations, ...nodeMigrations],
  });
  onTestFinished(() => database[Symbol.asyncDispose]());
  return { book: await ReceiptBook.open({ database, key, clock, log }), database };
}

async function allBatches(book: ReceiptBook): Promise<SignedBatch[]> {
  const batches: SignedBatch[] = [];
  for (let batch = await book.after(0); batch; batch = await book.after(batch.sequence)) batches.push(batch);
  return batches;
}

const sequencesOf = (batches: readonly SignedBatch[]) =>
  batches.flatMap(({ receipts }) => receipts.map(({ receipt }) => receipt.sequence));

describe('writing', () => {
  test('[LD-05 batch] makes batches of 256 at most, numbered without gaps, each signed as it was written', async () => {
    const { book } = await openBook(await folder());
    for (let fence = 1; fence <= 600; fence++) book.add(draft(fence));
    await book.write(chainId);
    const batches = await allBatches(book);
    expect(batches.map(({ sequence, receipts }) => [sequence, receipts.length])).toEqual([
      [1, 256],
      [2, 256],
      [3, 88],
    ]);
    expect(sequencesOf(batches)).toEqual(Array.from({ length: 600 }, (_, at) => at + 1));
    for (const batch of batches) expect((await handedIn(batch)).isSigned).toBe(true);
    expect(book.waiting).toBe(0);
  });

  test('[MK-04 durable] what could not be written keeps its content under its number, whatever came meanwhile', async () => {
    const { book, database } = await openBook(await folder());
    const commit = database.commit.bind(database);
    let failures = 2;
    // As a disk that fails after, and then before, the batch is in the record.
    database.commit = async (unit) => {
      if (failures-- === 2) await commit(unit);
      if (failures >= 0) throw new Error('the disk is gone');
      return commit(unit);
    };
    book.add(draft(1));
    await expect(book.write(chainId)).rejects.toThrow('the disk is gone');
    book.add(draft(2));
    await expect(book.write(chainId)).rejects.toThrow('the disk is gone');
    await book.write(chainId);
    const batches = await allBatches(book);
    const fences = batches.map(({ receipts }) => receipts.map(({ receipt }) => receipt.fence));
    expect(fences).toEqual([[1], [2]]);
    expect(sequencesOf(batches)).toEqual([1, 2]);
  });

  test('[MK-04 durable] a book from an older copy goes on after what the hub has', async () => {
    const { book } = await openBook(await folder());
    book.add(draft(1));
    await book.write(chainId);
    await book.continueAfter({ chainId, batchSequence: 7, receiptSequence: 900 });
    book.add(draft(2));
    await book.write(chainId);
    const next = await book.after(7);
    expect([next!.sequence, next!.receipts[0]!.receipt.sequence]).toEqual([8, 901]);
    await book.continueAfter({ chainId, batchSequence: 3, receiptSequence: 4 });
    book.add(draft(3));
    await book.write(chainId);
    expect((await book.after(8))!.sequence).toBe(9);
  });

  test('[MK-04 durable] a second process cannot open the book', async () => {
    const path = await folder();
    await openBook(path);
    await expect(openBook(path)).rejects.toMatchObject({ code: 'database_in_use' });
  });
});

describe('kill -9', () => {
  function startWriter(path: string): ChildProcess {
    const script = new URL('./book-writer.ts', import.meta.url);
    return fork(script, [path], { execArgv: ['--conditions=reeve-source'] });
  }

  test('[MK-04 durable] [LD-05 batch] between signing and sending: the same bytes are signed again, and nothing else under their numbers', async () => {
    const path = await folder();
    const signed: SignedBatch[] = [];
    for (let life = 0; life < 2; life++) {
      const writer = startWriter(path);
      writer.on('message', (batch) => void signed.push(batch as SignedBatch));
      while (signed.length < (life + 1) * 4) await once(writer, 'message');
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    const { book } = await openBook(path);
    const kept = await allBatches(book);
    for (const batch of signed) expect(kept[batch.sequence - 1]).toEqual(batch);
    expect(sequencesOf(kept)).toEqual(Array.from({ length: sequencesOf(kept).length }, (_, at) => at + 1));
    const roots = new Set<string>();
    for (const batch of signed) roots.add(`${batch.sequence} ${(await handedIn(batch)).root} ${hexOf(key)}`);
    expect(roots.size).toBe(new Set(signed.map(({ sequence }) => sequence)).size);
  });
});
