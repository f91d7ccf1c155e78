import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { StorageUnavailable } from '@reeve/kernel';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { connectTo, PostgresCluster } from '../../../../tests/house/postgres.ts';
import {
  migratePostgres,
  openPostgres,
  platformMigrations,
  StorageUncertain,
  type EventRecord,
  type GroupDatabase,
  type PostgresOptions,
} from '../../src/database/index.ts';
import { readEvents } from '../../src/events/index.ts';
import { CutProxy } from '../../../../tests/house/cut-proxy.ts';
import { migrations, noteEvent, noteIds, noteInsert } from './temporary-database.ts';

const patience = { timeout: 20_000, interval: 20 };
const migrator = fileURLToPath(new URL('./migrate-notes.ts', import.meta.url));

describe('faults of a PostgreSQL server', needs('postgres'), () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await PostgresCluster.start();
  });
  afterAll(() => cluster.stop());

  async function open(url: string, options: Partial<PostgresOptions> = {}): Promise<GroupDatabase> {
    const db = await openPostgres({ url, migrations, ...options });
    onTestFinished(() => db.close());
    return db;
  }

  test('[HB-08] a server that is killed and started again: what was acknowledged is there, and writing goes on by itself', async () => {
    const db = await open(await cluster.createDatabase());
    const told = collectEvents(db);
    const ids = Array.from({ length: 8_000 }, (_, index) => `n${index}`);
    const units = ids.map((id) => addNote(db, id));
    const settled = Promise.allSettled(units);
    await units[500];
    await cluster.killServer();
    await vi.waitFor(
      () => expect(db.status()).toMatchObject({ writable: false, reason: expect.any(String) }),
      patience,
    );
    await expect(addNote(db, 'meanwhile')).rejects.toSatisfy((error) => StorageUnavailable.is(error));
    await cluster.startServer();
    await writable(db);
    // Whatever was cut in its COMMIT waits until the server can be asked what came of it.
    const results = await settled;
    const kept = ids.filter((_, index) => results[index]!.status === 'fulfilled');
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((error) => StorageUnavailable.is(error) || StorageUncertain.is(error))).toBe(true);
    await addNote(db, 'afterwards');
    const found = await noteIds(db);
    expect(found).toEqual(expect.arrayContaining([...kept, 'afterwards']));
    expect(found).not.toContain('meanwhile');
    await expectToldAsLogged(db, told, found);
  });

  test.each([
    ['after the server has committed', true],
    ['before the server has seen the COMMIT', false],
  ])(
    '[HB-08] a connection cut %s: its units wait until that is known, and their events are told once or never',
    async (_, committed) => {
      const proxy = await CutProxy.before(cluster.port);
      const db = await open(proxy.url(await cluster.createDatabase()));
      const told = collectEvents(db);
      await addNote(db, 'before');
      let inUnits = false;
      proxy.scissors = (piece, from) => {
        const text = piece.toString('latin1');
        if (committed) return from === 'server' && text.includes('COMMIT\0') ? 'cut' : 'pass';
        if (from === 'server') inUnits ||= text.includes('SAVEPOINT\0');
        return from === 'client' && inUnits ? 'cut' : 'pass';
      };
      const units = ['a', 'b', 'c'].map((id) => addNote(db, id));
      const settled = Promise.allSettled(units);
      await vi.waitFor(() => expect(db.status()).toMatchObject({ writable: false }), patience);
      await expect(addNote(db, 'meanwhile')).rejects.toSatisfy((error) => StorageUnavailable.is(error));
      proxy.scissors = () => 'pass';
      for (const result of await settled)
        if (committed) expect(result.status).toBe('fulfilled');
        else expect(StorageUnavailable.is((result as PromiseRejectedResult).reason)).toBe(true);
      await writable(db);
      await addNote(db, 'z');
      const ids = await noteIds(db);
      expect(ids).toEqual(committed ? ['a', 'b', 'before', 'c', 'z'] : ['before', 'z']);
      await expectToldAsLogged(db, told, ids);
    },
  );

  test('[HB-08] a process that ends while it is not known whether a unit was kept does not wait for that', async () => {
    const proxy = await CutProxy.before(cluster.port);
    const db = await open(proxy.url(await cluster.createDatabase()));
    proxy.scissors = (piece, from) => (from === 'server' && piece.includes('COMMIT\0') ? 'cut' : 'pass');
    const unit = addNote(db, 'a').catch((error: unknown) => error);
    await vi.waitFor(() => expect(db.status().writable).toBe(false), patience);
    proxy.scissors = () => 'cut'; // no way back
    await db.close();
    expect(StorageUncertain.is(await unit)).toBe(true);
  });

  test('[HB-08] a COMMIT that the server refuses fails every unit in it, and leaves no gap in the log', async () => {
    const url = await cluster.createDatabase();
    const db = await open(url);
    const other = await connectTo(url);
    onTestFinished(() => other.end());
    await other.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'refused at the end'; END $$;
      CREATE CONSTRAINT TRIGGER refusal AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (new.id = 'poison') EXECUTE FUNCTION refuse()`);
    const told = collectEvents(db);
    const results = await Promise.allSettled(['a', 'poison', 'b'].map((id) => addNote(db, id)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(results.every((result) => StorageUnavailable.is((result as PromiseRejectedResult).reason))).toBe(true);
    await writable(db);
    await addNote(db, 'c');
    expect(await noteIds(db)).toEqual(['c']);
    expect(told.map(({ position }) => position)).toEqual([1]);
  });

  test('a server that has become read-only is told, and writing goes on when it is no more', async () => {
    const url = await cluster.createDatabase();
    const name = new URL(url).pathname.slice(1);
    const db = await open(url);
    await addNote(db, 'before');
    await cluster.execute(`ALTER SYSTEM SET default_transaction_read_only = on`);
    await cluster.execute(`SELECT pg_reload_conf()`);
    onTestFinished(async () => {
      await cluster.execute(`ALTER SYSTEM RESET default_transaction_read_only`);
      await cluster.execute(`SELECT pg_reload_conf()`);
    });
    await vi.waitFor(async () => {
      const [row] = await cluster.execute('SHOW default_transaction_read_only', name);
      expect(row).toEqual({ default_transaction_read_only: 'on' });
    }, patience);
    await vi.waitFor(
      () => expect(addNote(db, 'refused')).rejects.toSatisfy((error) => StorageUnavailable.is(error)),
      patience,
    );
    expect(db.status()).toMatchObject({ writable: false, reason: expect.stringContaining('read-only') });
    expect(await noteIds(db)).toContain('before');
    await cluster.execute(`ALTER SYSTEM RESET default_transaction_read_only`);
    await cluster.execute(`SELECT pg_reload_conf()`);
    await writable(db);
    await addNote(db, 'afterwards');
    expect(await noteIds(db)).toContain('afterwards');
  });

  test('[HB-15 pool] [FD-10 pooling] a pool that is exhausted refuses in time, and serves again when a connection is free', async () => {
    const url = await cluster.createDatabase();
    const pool = { min: 0, max: 2, acquireTimeoutMs: 300, idleTimeoutMs: 60_000, lifetimeMs: 60_000 };
    const db = await open(url, { postgres: { pool } });
    const other = await connectTo(url);
    onTestFinished(() => other.end());
    await other.query('SELECT pg_advisory_lock(7)');
    const waiting = [1, 2].map(() => db.read({ sql: 'SELECT pg_advisory_lock_shared(7)', params: [] }));
    await vi.waitFor(async () => {
      const { rows } = await other.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
      expect(rows).toHaveLength(2);
    }, patience);
    await expect(noteIds(db)).rejects.toSatisfy((error) => StorageUnavailable.is(error));
    await addNote(db, 'written'); // the writer has a connection of its own
    await other.query('SELECT pg_advisory_unlock(7)');
    await Promise.all(waiting);
    expect(await noteIds(db)).toEqual(['written']);
    const { rows } = await other.query<{ readers: number }>(
      `SELECT count(*)::int AS readers FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'reeve reader%'`,
    );
    expect(rows[0]!.readers).toBe(2);
  });

  test('[HB-08] a second process is refused and told who writes; when that one is gone it is let in', async () => {
    const url = await cluster.createDatabase();
    const first = await open(url);
    const second = () => openPostgres({ url, migrations, postgres: { lockTimeoutMs: 100 } });
    await expect(second()).rejects.toMatchObject({
      code: 'database_in_use',
      message: expect.stringContaining(`reeve writer ${process.pid}@`),
    });
    await addNote(first, 'a');
    await first.close();
    const next = await second();
    expect(await noteIds(next)).toEqual(['a']);
    await next.close();
  });

  test('[HB-08] whoever lost the database to another process never writes again, also when that one has gone', async () => {
    const url = await cluster.createDatabase();
    const proxy = await CutProxy.before(cluster.port);
    const first = await open(proxy.url(url));
    await addNote(first, 'a');
    proxy.scissors = () => 'cut'; // no way back for now
    const [writer] = await cluster.execute(
      `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'reeve writer%' AND datname = '${new URL(url).pathname.slice(1)}'`,
    );
    await cluster.execute(`SELECT pg_terminate_backend(${String(writer!['pid'])})`);
    await vi.waitFor(() => expect(first.status().writable).toBe(false), patience);
    const second = await openPostgres({ url, migrations });
    await addNote(second, 'b');
    await second.close();
    proxy.scissors = () => 'pass';
    await vi.waitFor(
      () => expect(first.status().reason).toContain('another process has taken the database over'),
      patience,
    );
    await expect(addNote(first, 'c')).rejects.toSatisfy((error) => StorageUnavailable.is(error));
    expect(await noteIds(first)).toEqual(['a', 'b']);
  });

  test('[HB-13 commit-order] [HB-13 postgres] whoever reads the log sees no position before those below it, in whatever order work was begun', async () => {
    const url = await cluster.createDatabase();
    const db = await open(url, { limits: { groupUnits: 3 } });
    const other = await connectTo(url);
    onTestFinished(() => other.end());
    await addNote(db, 'held');
    const told = collectEvents(db);
    // The first of the units waits for somebody else's lock, while everything behind it could be committed at once.
    await other.query(`BEGIN; SELECT * FROM notes WHERE id = 'held' FOR UPDATE`);
    const change = { sql: `UPDATE notes SET amount = amount + 1 WHERE id = 'held'`, params: [] };
    const first = db.commit({ statements: [change], events: [noteEvent('first')] });
    const rest = Array.from({ length: 60 }, (_, index) => addNote(db, `n${index}`));
    const seen: number[][] = [];
    const watch = async (): Promise<void> => {
      const { events } = await readEvents(db, { after: 0, limit: 1_000 });
      seen.push(events.map(({ position }) => position));
    };
    for (let look = 0; look < 5; look++) await watch();
    await other.query('COMMIT');
    const done = Promise.all([first, ...rest]);
    for (let ended = false; !ended; await watch())
      ended = await Promise.race([done.then(() => true), watch().then(() => false)]);
    await watch();
    for (const positions of seen) expect(positions).toEqual(positions.map((_, index) => index + 1));
    expect(seen.at(-1)).toHaveLength(62);
    expect(told.map(({ position }) => position)).toEqual(Array.from({ length: 61 }, (_, index) => index + 2));
    expect(told.map(({ subject }) => subject)).toEqual(['note:first', ...rest.map((_, index) => `note:n${index}`)]);
  });

  test('[FD-06 concurrent] several processes that start at once apply each migration once', async () => {
    const url = await cluster.createDatabase();
    const processes = await Promise.all(Array.from({ length: 3 }, () => startMigrator(url)));
    const applied = await Promise.all(processes.map((migrate) => migrate()));
    const counts = applied.map((names) => names?.length ?? NaN).sort((a, b) => a - b);
    expect(counts).toEqual([0, 0, migrations.length]);
    expect(await migratePostgres(url, migrations, 1)).toEqual([]);
  });

  test('[FD-06 forward] one statement that fails leaves nothing of any of them, and a newer database is refused', async () => {
    const url = await cluster.createDatabase();
    const broken = {
      package: 'notes',
      number: 1,
      name: 'broken',
      up: ['CREATE TABLE a (id TEXT)', 'CREATE TABLE a (id TEXT)'],
    };
    await expect(migratePostgres(url, [...platformMigrations, broken], 1)).rejects.toThrow(
      'migration notes/1 (broken), statement 2: relation "a" already exists; nothing was changed',
    );
    expect(
      await cluster.execute(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`, new URL(url).pathname.slice(1)),
    ).toEqual([]);
    await migratePostgres(url, migrations, 1);
    const older = migrations.map((migration) => ({ ...migration, up: [...migration.up, 'SELECT 1'] }));
    await expect(migratePostgres(url, older, 2)).rejects.toMatchObject({ code: 'migration_changed' });
    await expect(openPostgres({ url, migrations: platformMigrations.slice(0, 1) })).rejects.toMatchObject({
      code: 'database_newer',
    });
  });

  test('an address at which nothing listens, and one that refuses, are told without the password', async () => {
    const refused = `postgres://reeve:hunter2@127.0.0.1:${cluster.port}/nowhere`;
    for (const url of ['postgres://reeve:hunter2@127.0.0.1:1/reeve', refused]) {
      const error: unknown = await openPostgres({ url, migrations }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'database_unusable', message: expect.stringContaining('127.0.0.1:') });
      expect(JSON.stringify(error) + String((error as Error).message)).not.toContain('hunter2');
    }
  });
});

function addNote(db: GroupDatabase, id: string): Promise<unknown> {
  return db.commit({ statements: [noteInsert(id)], events: [noteEvent(id)] });
}

function collectEvents(db: GroupDatabase): EventRecord[] {
  const told: EventRecord[] = [];
  db.onEvents((events) => told.push(...events));
  return told;
}

async function writable(db: GroupDatabase): Promise<void> {
  await vi.waitFor(() => expect(db.status().writable).toBe(true), patience);
}

/** Listeners heard of every event of the log once and in order, and the log has one for each note. */
async function expectToldAsLogged(
  db: GroupDatabase,
  told: readonly EventRecord[],
  ids: readonly string[],
): Promise<void> {
  const logged: EventRecord[] = [];
  for (let after = 0; ;) {
    const { events } = await readEvents(db, { after, limit: 1_000 });
    if (events.length === 0) break;
    logged.push(...events);
    after = events.at(-1)!.position;
  }
  expect(logged.map(({ position }) => position)).toEqual(logged.map((_, index) => index + 1));
  expect(told).toEqual(logged);
  expect(logged.map(({ subject }) => subject).sort()).toEqual(ids.map((id) => `note:${id}`).sort());
}

/** @returns how to let it migrate; that resolves with the migrations it applied, or nothing when it failed. */
async function startMigrator(url: string): Promise<() => Promise<string[] | undefined>> {
  const script = [migrator, url, JSON.stringify(migrations.at(-1))];
  const child = spawn(process.execPath, ['--conditions=reeve-source', ...script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return async () => {
    child.stdin.end();
    const { value } = (await lines.next()) as IteratorResult<string, undefined>;
    return value === undefined ? undefined : (JSON.parse(value) as string[]);
  };
}
