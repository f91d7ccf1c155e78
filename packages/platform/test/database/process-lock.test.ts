import { existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openDatabase, openSqlite } from '../../src/database/index.ts';
import { startCommitter } from './committer-process.ts';
import { migrations, openTemporary, temporaryFolder } from './temporary-database.ts';

describe('the lock of the database', () => {
  test('[HB-08] a second opener is refused with the process that has it and what to do', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const holder = await startCommitter({ path, inFlight: 1 });
    await expect(openSqlite({ path, migrations })).rejects.toMatchObject({
      code: 'database_in_use',
      message: `${path} is open for writing in process ${holder.pid}; stop it (kill ${holder.pid}) or use another folder`,
      details: { path, pid: holder.pid },
    });
  });

  test('a second opener in the same process is refused as well', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    await openTemporary({ path });
    await expect(openSqlite({ path, migrations })).rejects.toMatchObject({ code: 'database_in_use' });
  });

  test('[HB-08] kill -9 lets go of it, whatever the holder file says', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const holder = await startCommitter({ path, inFlight: 1 });
    await holder.acknowledgements(1);
    await holder.kill();
    // As after a reuse of the process id: the file names a process that lives.
    writeFileSync(`${path}.holder`, JSON.stringify({ pid: process.pid, sinceMs: 0 }));
    const db = await openTemporary({ path });
    expect(db.status()).toMatchObject({ writable: true });
    expect(db.status().newestPosition).toBeGreaterThan(0);
  });

  test('a link to the file leads to the same lock', async () => {
    const folder = temporaryFolder();
    await openTemporary({ path: join(folder, 'reeve.db') });
    symlinkSync(join(folder, 'reeve.db'), join(folder, 'link.db'));
    await expect(openSqlite({ path: join(folder, 'link.db'), migrations })).rejects.toMatchObject({
      code: 'database_in_use',
    });
  });

  test('closing lets go of it', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const first = await openTemporary({ path });
    await first.close();
    await openTemporary({ path });
  });

  test('a failed start lets go of it', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const broken = { package: 'broken', number: 1, name: 'broken', up: ['CREATE NONSENSE'] };
    await expect(openSqlite({ path, migrations: [broken] })).rejects.toMatchObject({ code: 'migration_failed' });
    await openTemporary({ path });
  });

  test('what is no file, or has a scheme that is not known, is refused', async () => {
    await expect(openDatabase({ url: ':memory:', migrations })).rejects.toThrow('the database must be a file');
    await expect(openDatabase({ url: 'mysql://host/db', migrations })).rejects.toMatchObject({
      code: 'database_unusable',
      message: 'mysql: is no database this version knows; give a path, sqlite:<path> or postgres://host/database',
    });
  });

  test.each(['sqlite:', 'sqlite://', ''])('"%s" before the path of a file opens it', async (scheme) => {
    const path = join(temporaryFolder(), 'deep', 'reeve.db');
    const db = await openDatabase({ url: `${scheme}${path}`, migrations });
    expect(existsSync(path)).toBe(true);
    await db[Symbol.asyncDispose]();
  });

  test('a file that is no database is told as that', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    writeFileSync(path, 'this is a text and not a database '.repeat(100));
    await expect(openSqlite({ path, migrations })).rejects.toMatchObject({
      code: 'database_unusable',
      message: `${path}: the file is not a database (SQLite 26: file is not a database)`,
    });
  });
});
