import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { StorageUnavailable } from '@reeve/kernel';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { verifyAudit } from '../../src/audit/index.ts';
import { StorageUncertain, type EventRecord, type GroupDatabase } from '../../src/database/index.ts';
import { readEvents } from '../../src/events/index.ts';
import type { Logger } from '../../src/log/logger.ts';
import { committerMigrations } from './committer-tables.ts';
import { noteAudit, noteEvent, noteIds, noteInsert, openTemporary, temporaryFolder } from './temporary-database.ts';

describe('a database that another process has locked', () => {
  test('[HB-08] units are refused, nothing is kept, and it goes on by itself when the lock is gone', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const logged: string[] = [];
    const note = (_: object, message: string): void => void logged.push(message);
    const log = { error: note, warn: note, info: note } as unknown as Logger;
    const db = await openTemporary({ path, log, limits: { busyTimeoutMs: 50 } });
    await addNote(db, 'before');
    const unlock = await lockInProcess(path);
    const refused = await Promise.allSettled([addNote(db, 'a'), addNote(db, 'b')]);
    for (const result of refused) expectUnavailable(result, /locked by another process/);
    expect(db.status()).toMatchObject({ writable: false, reason: expect.stringMatching(/locked by another process/) });
    expect(await noteIds(db)).toEqual(['before']);
    await unlock();
    await vi.waitFor(() => expect(db.status().writable).toBe(true), { timeout: 10_000 });
    expect(db.status()).not.toHaveProperty('reason');
    expect(logged).toEqual(['the database cannot store', 'the database can store again']);
    await addNote(db, 'after');
    await expectConsistent(db, ['after', 'before']);
  });

  test('a short lock is waited for', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const db = await openTemporary({ path, limits: { busyTimeoutMs: 10_000 } });
    const unlock = await lockInProcess(path);
    const added = addNote(db, 'a');
    await unlock();
    await added;
    await expectConsistent(db, ['a']);
  });
});

describe('a disk that is full', () => {
  test(
    '[HB-08] what was acknowledged is kept, the rest is refused, and it goes on by itself when there is room',
    { ...needs('tmpfs'), timeout: 60_000 },
    async () => {
      const folder = smallDisk('2m');
      writeFileSync(join(folder, 'filler'), Buffer.alloc(1_000_000));
      const db = await openTemporary({ path: join(folder, 'reeve.db') });
      const { acknowledged, refusal } = await fill(db);
      expect(StorageUnavailable.is(refusal)).toBe(true);
      expect((refusal as Error).message).toMatch(/disk is full/);
      expect(db.status()).toMatchObject({ writable: false, reason: expect.stringMatching(/disk is full/) });
      await expectConsistent(db, acknowledged);
      rmSync(join(folder, 'filler'));
      await vi.waitFor(() => expect(db.status().writable).toBe(true), { timeout: 20_000 });
      await addNote(db, 'z-after');
      await expectConsistent(db, [...acknowledged, 'z-after']);
    },
  );
});

describe('a disk that is full at the start', () => {
  test('opening says so, and succeeds when there is room', needs('tmpfs'), async () => {
    const folder = smallDisk('1m');
    writeFileSync(join(folder, 'filler'), Buffer.alloc(1_020_000));
    const opened = openTemporary({ path: join(folder, 'reeve.db') });
    await expect(opened).rejects.toMatchObject({ code: 'database_unusable', message: expect.stringMatching(/full/) });
    rmSync(join(folder, 'filler'));
    await addNote(await openTemporary({ path: join(folder, 'reeve.db') }), 'a');
  });
});

describe('a disk that fails to sync', () => {
  test.each([
    ['one sync: nothing of its units is kept', '20+15', 'storage_unavailable'],
    ['two in a row: until the next commit it is uncertain', '20..21', 'storage_uncertain'],
  ])(
    '[HB-08] units of a failed sync are not acknowledged, and what is acknowledged later is kept; %s',
    { ...needs('strace'), timeout: 60_000 },
    async (_, when, code) => {
      const path = join(temporaryFolder(), 'reeve.db');
      const said = commitWithFailingSync(path, when);
      const rejected = said.filter((line) => line.startsWith('reject ') && line.endsWith(` ${code}`));
      const acknowledged = said.flatMap((line) => /^ack (\S+)$/.exec(line)?.[1] ?? []);
      expect(rejected.length).toBeGreaterThan(0);
      expect(acknowledged.length).toBeGreaterThan(20);
      const db = await openTemporary({ path, migrations: committerMigrations });
      const rows = await db.read<{ id: string }>({ sql: 'SELECT id FROM kept', params: [] });
      expect(rows.map(({ id }) => id).sort()).toEqual(acknowledged.flatMap((id) => [id, `${id}/twin`]).sort());
      expect(db.status().newestPosition).toBe(acknowledged.length);
      expect(await verifyAudit(db)).toMatchObject({ ok: true, records: acknowledged.length });
    },
  );
});

describe('a writer thread that dies', () => {
  test('units in flight are told as uncertain, a new thread goes on, and no event is missed by listeners', async () => {
    const { db, writer } = await openWithWriter();
    const told: EventRecord[] = [];
    db.onEvents((events) => told.push(...events));
    await addNote(db, 'before');
    const results = await killWriter(writer, () => [addNote(db, 'a'), addNote(db, 'b')]);
    for (const result of results) expect(StorageUncertain.is((result as PromiseRejectedResult).reason)).toBe(true);
    expect(db.status()).toMatchObject({ writable: false, reason: expect.stringMatching(/restarted/) });
    await expect(addNote(db, 'c')).rejects.toSatisfy((error) => StorageUnavailable.is(error));
    await vi.waitFor(() => expect(db.status().writable).toBe(true), { timeout: 10_000 });
    await addNote(db, 'after');
    expect(told).toEqual((await readEvents(db, { after: 0, limit: 100 })).events);
    expect(await noteIds(db)).toEqual(expect.arrayContaining(['after', 'before']));
  });

  test('one that dies again soon stays dead; that is visible, and reading goes on', async () => {
    const { db, writer } = await openWithWriter();
    await addNote(db, 'before');
    const second = nextWorker();
    await killWriter(writer, () => []);
    await vi.waitFor(() => expect(db.status().writable).toBe(true), { timeout: 10_000 });
    await killWriter(await second, () => []);
    expect(db.status()).toMatchObject({ writable: false, reason: expect.stringMatching(/the writer ended/) });
    await expect(addNote(db, 'a')).rejects.toSatisfy((error) => StorageUnavailable.is(error));
    expect(await noteIds(db)).toEqual(['before']);
    await db.close();
  });
});

function addNote(db: GroupDatabase, id: string, text = id): Promise<unknown> {
  return db.commit({ statements: [noteInsert(id, { text })], events: [noteEvent(id)], audit: [noteAudit(id)] });
}

function expectUnavailable(result: PromiseSettledResult<unknown>, reason: RegExp): void {
  expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage_unavailable' } });
  expect(((result as PromiseRejectedResult).reason as Error).message).toMatch(reason);
}

/** Rows, events and audit records are those of exactly these notes, and neither log has a gap. */
async function expectConsistent(db: GroupDatabase, ids: readonly string[]): Promise<void> {
  expect(await noteIds(db)).toEqual([...ids].sort());
  const { events } = await readEvents(db, { after: 0, limit: 10_000 });
  expect(events.map(({ position }) => position)).toEqual(ids.map((_, index) => index + 1));
  expect(await verifyAudit(db)).toMatchObject({ ok: true, records: ids.length });
}

/** Holds the write lock from another process. @returns how to let go of it. */
async function lockInProcess(path: string): Promise<() => Promise<void>> {
  const script = fileURLToPath(new URL('./hold-lock.ts', import.meta.url));
  const child = spawn(process.execPath, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return async () => {
    child.stdin.end();
    await once(child, 'close');
  };
}

/** A file system of its own, in memory; unmounted after the test. */
function smallDisk(size: string): string {
  const folder = join(temporaryFolder(), 'disk');
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  onTestFinished(() => void execFileSync('umount', ['-l', folder]));
  return folder;
}

/** Adds notes of 20 KB, a few at once, until one is refused. */
async function fill(db: GroupDatabase): Promise<{ acknowledged: string[]; refusal: unknown }> {
  const acknowledged: string[] = [];
  for (let round = 0; ; round++) {
    const ids = ['a', 'b', 'c'].map((letter) => `n${String(round).padStart(4, '0')}${letter}`);
    const results = await Promise.allSettled(ids.map((id) => addNote(db, id, id.repeat(3_000))));
    acknowledged.push(...ids.filter((_, index) => results[index]!.status === 'fulfilled'));
    const refused = results.find((result) => result.status === 'rejected');
    if (refused !== undefined) return { acknowledged, refusal: refused.reason };
  }
}

/** Runs the committer while some of its syncs fail. @returns what it said. */
function commitWithFailingSync(path: string, when: string): string[] {
  const script = fileURLToPath(new URL('./committer.ts', import.meta.url));
  const options = JSON.stringify({ path, inFlight: 1, units: 60 });
  const inject = ['-f', '-qq', '-P', `${path}-wal`, '-e', 'trace=fsync', '-e', `inject=fsync:error=EIO:when=${when}`];
  const command = [process.execPath, '--conditions=reeve-source', script, options];
  const output = execFileSync('strace', [...inject, '-o', `${path}.trace`, ...command], { encoding: 'utf8' });
  expect(readFileSync(`${path}.trace`, 'utf8')).toContain('(INJECTED)');
  return output.split('\n');
}

function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

async function openWithWriter(): Promise<{ db: GroupDatabase; writer: Worker }> {
  const writer = nextWorker();
  const db = await openTemporary();
  return { db, writer: await writer };
}

/** Ends the thread while it has the units, from outside and without a word. */
async function killWriter(
  writer: Worker,
  send: () => readonly Promise<unknown>[],
): Promise<PromiseSettledResult<unknown>[]> {
  const ended = once(writer, 'exit');
  const sent = Promise.allSettled(send());
  await Promise.resolve();
  void writer.terminate();
  await ended;
  return sent;
}
