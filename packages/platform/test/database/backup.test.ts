import { execFileSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@reeve/kernel';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { backUpDatabase, restoreDatabase, type BackupOptions, type BackupProgress } from '../../src/database/index.ts';
import { newKeyChainText, parseKeyChain } from '../../src/sealing/index.ts';
import { migrations, noteIds, noteInsert, openTemporary, temporaryFolder } from './temporary-database.ts';

const segmentBytes = 64 * 1024 + 16;
const keys = parseKeyChain(newKeyChainText('k1'), 'test');

interface Place {
  readonly folder: string;
  readonly path: string;
  readonly options: BackupOptions;
}

/** A folder with a database of so many notes, closed, and one stored file of 100,000 bytes. */
async function newPlace(notes: number, folder = temporaryFolder()): Promise<Place> {
  const [path, files] = [join(folder, 'reeve.db'), join(folder, 'blobs')];
  const db = await openTemporary({ path });
  await db.commitEach(Array.from({ length: notes }, (_, index) => ({ statements: [noteInsert(`note-${index}`)] })));
  await db.close();
  mkdirSync(files);
  writeFileSync(join(files, randomUUID()), randomBytes(100_000));
  return { folder, path, options: { from: path, files, to: join(folder, 'backup'), keys, clock: systemClock } };
}

/** Restores to a new folder. */
async function restored(from: string, chain = keys) {
  const folder = temporaryFolder();
  const [to, files] = [join(folder, 'reeve.db'), join(folder, 'blobs')];
  const manifest = await restoreDatabase({ from, to, files, keys: chain });
  return { folder, to, files, manifest };
}

test('[FD-05 backups] what is backed up comes back, rows and files, from a file that only its owner reads', async () => {
  const { options, folder } = await newPlace(50);
  const steps: BackupProgress[] = [];
  const report = await backUpDatabase({ ...options, onProgress: (progress) => steps.push(progress) });
  expect(report).toMatchObject({ keyId: 'k1', files: 1, tables: { notes: 50 } });
  const whole = steps.filter(({ share }) => share === 1).map(({ step }) => step);
  expect([...new Set(whole)]).toEqual(['copying', 'sealing', 'verifying']);
  expect(statSync(options.to).mode & 0o777).toBe(0o600);
  expect(report.sizeBytes).toBe(statSync(options.to).size);
  expect(readdirSync(folder).filter((name) => /snapshot$|partial/.test(name))).toEqual([]);

  const { to, files } = await restored(options.to);
  for (const name of readdirSync(options.files))
    expect(readFileSync(join(files, name)).equals(readFileSync(join(options.files, name)))).toBe(true);
  expect(statSync(to).mode & 0o777).toBe(0o600);
  const db = await openTemporary({ path: to, migrations });
  expect(await noteIds(db)).toHaveLength(50);
});

test('[FD-05 backups] nothing of the database is readable in the file', async () => {
  const { options, path } = await newPlace(50);
  await backUpDatabase(options);
  for (const text of ['note-17', 'CREATE TABLE', 'SQLite format']) {
    expect(readFileSync(path).includes(text)).toBe(true);
    expect(readFileSync(options.to).includes(text)).toBe(false);
  }
});

test('[FD-05 backups] while the database is written, it is the state of one moment', async () => {
  const { options, path } = await newPlace(2_000);
  const db = await openTemporary({ path });
  let added = 2_000;
  let done = false;
  const writing = (async () => {
    while (!done) await db.commit({ statements: [noteInsert(`note-${added++}`), noteInsert(`note-${added++}`)] });
  })();
  const { tables } = await backUpDatabase(options);
  done = true;
  await writing;
  expect(added).toBeGreaterThan(2_000);
  expect(tables['notes']! % 2).toBe(0);
  const { to } = await restored(options.to);
  const ids = new Set(await noteIds(await openTemporary({ path: to })));
  expect(ids.size).toBe(tables['notes']);
  for (let number = 0; number < ids.size; number++) expect(ids.has(`note-${number}`)).toBe(true);
});

test('[FD-05 backups] cut, changed, put in another order or made longer, it is refused, and nothing is there', async () => {
  const { options } = await newPlace(200);
  await backUpDatabase(options);
  const whole = readFileSync(options.to);
  const head = whole.indexOf('\n') + 1;
  const segment = (number: number) => whole.subarray(head + number * segmentBytes, head + (number + 1) * segmentBytes);
  const refused = async (bytes: Uint8Array) => {
    const [folder, from] = [temporaryFolder(), join(temporaryFolder(), 'changed')];
    writeFileSync(from, bytes);
    const to = { to: join(folder, 'reeve.db'), files: join(folder, 'blobs') };
    const error = await restoreDatabase({ from, ...to, keys }).catch((reason: unknown) => reason);
    expect(readdirSync(folder)).toEqual(['reeve.db.lock']);
    return (error as { code?: string }).code;
  };
  const faults = fc.oneof(
    fc.nat(whole.length - 1).map((at) => whole.subarray(0, at)),
    fc.nat(whole.length - 1).map((at) => whole.map((byte, index) => (index === at ? byte ^ 1 : byte))),
  );
  await fc.assert(
    fc.asyncProperty(faults, async (bytes) => {
      expect(await refused(bytes)).toMatch(/^(backup_broken|seal_broken|encryption_key_unknown)$/);
    }),
    { numRuns: 25 },
  );
  const [first, second] = [segment(0), segment(1)];
  const rest = whole.subarray(head + 2 * segmentBytes);
  expect(await refused(Buffer.concat([whole.subarray(0, head), second, first, rest]))).toBe('backup_broken');
  expect(await refused(whole.subarray(0, head + 2 * segmentBytes))).toBe('backup_broken');
  expect(await refused(Buffer.concat([whole, first]))).toBe('backup_broken');
});

test('[FD-05 backups] it opens with the key that its head names, also when that is no longer the active one', async () => {
  const { options } = await newPlace(1);
  const old = newKeyChainText('old');
  await backUpDatabase({ ...options, keys: parseKeyChain(old, 'test') });
  expect(readFileSync(options.to, 'latin1')).toMatch(/^reeve-backup 1 e1\.old\./);
  const chain = parseKeyChain(newKeyChainText('new') + old, 'test');
  expect((await restored(options.to, chain)).manifest.tables['notes']).toBe(1);
  await expect(restored(options.to)).rejects.toMatchObject({
    code: 'encryption_key_unknown',
    details: { keyId: 'old' },
  });
  const other = parseKeyChain(newKeyChainText('old'), 'test');
  await expect(restored(options.to, other)).rejects.toMatchObject({ code: 'seal_broken' });
});

test('[FD-05 backups] a database with a fault is not backed up, and the older backup stays', async () => {
  const { options, path } = await newPlace(50);
  await backUpDatabase(options);
  const before = readFileSync(options.to);
  const bytes = readFileSync(path);
  bytes.write('X', bytes.indexOf('note-17')); // in the table or in its index, but not in both
  writeFileSync(path, bytes);
  await expect(backUpDatabase(options)).rejects.toMatchObject({ code: 'backup_broken' });
  expect(readFileSync(options.to).equals(before)).toBe(true);
});

test('[FD-05 backups] stored files that cannot be read are not left out in silence', async () => {
  const { options, folder } = await newPlace(1);
  const unreadable = { ...options, files: options.from }; // no folder: what root, too, cannot list
  await expect(backUpDatabase(unreadable)).rejects.toThrow('ENOTDIR');
  expect(readdirSync(folder).filter((name) => name.startsWith('backup'))).toEqual([]);
  expect(await backUpDatabase({ ...options, files: join(folder, 'none yet') })).toMatchObject({ files: 0 });
});

test('what is there and is no backup is not replaced, and a restore replaces nothing', async () => {
  const { options, path, folder } = await newPlace(3);
  const database = readFileSync(path);
  for (const to of [path, folder])
    await expect(backUpDatabase({ ...options, to })).rejects.toMatchObject({ code: 'backup_not_replaced' });
  expect(readFileSync(path).equals(database)).toBe(true);
  await backUpDatabase(options);
  await backUpDatabase(options);
  const restore = (to: string, files: string) => restoreDatabase({ from: options.to, to, files, keys });
  const taken = { code: 'restore_target_taken' };
  await expect(restore(path, join(folder, 'none'))).rejects.toMatchObject(taken);
  await expect(restore(join(folder, 'new.db'), options.files)).rejects.toMatchObject(taken);
  writeFileSync(join(folder, 'new.db-wal'), 'of an older database');
  await expect(restore(join(folder, 'new.db'), join(folder, 'none'))).rejects.toMatchObject(taken);
  expect(readFileSync(path).equals(database)).toBe(true);
});

test('[FD-05 backups] a full disk leaves nothing of it, and the older backup', needs('tmpfs'), async () => {
  const disk = join(temporaryFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'tmpfs', disk]);
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  const { options } = await newPlace(10);
  const to = join(disk, 'backup');
  await backUpDatabase({ ...options, to });
  const before = readFileSync(to);
  writeFileSync(join(options.files, randomUUID()), randomBytes(500_000));
  await expect(backUpDatabase({ ...options, to })).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(readdirSync(disk)).toEqual(['backup']);
  expect(readFileSync(to).equals(before)).toBe(true);
});
