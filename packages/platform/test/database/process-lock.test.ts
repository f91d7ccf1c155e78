import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSqlite } from '../../src/database/index.ts';
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

  test('a file that is no database is told as that', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    writeFileSync(path, 'this is a text and not a database '.repeat(100));
    await expect(openSqlite({ path, migrations })).rejects.toMatchObject({
      code: 'database_unusable',
      message: `${path}: file is not a database`,
    });
  });
});
