import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { migrateSqlite, openSqlite, platformMigrations, type Migration } from '../../src/database/index.ts';
import { pendingMigrations } from '../../src/database/migrations.ts';
import { migrations, notesTable, openTemporary, temporaryFolder } from './temporary-database.ts';

const second: Migration = {
  package: 'notes',
  number: 2,
  name: 'tags',
  up: ['CREATE TABLE tags (note TEXT NOT NULL, tag TEXT NOT NULL) STRICT', 'CREATE INDEX tags_by_note ON tags (note)'],
};
const migrator = fileURLToPath(new URL('./migrate-notes.ts', import.meta.url));

describe('migrations', () => {
  test('[FD-06 forward] are applied once, in order, and only what is new', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    expect(migrateSqlite(path, migrations, 1).map(({ name }) => name)).toContain('notes');
    expect(migrateSqlite(path, migrations, 2)).toEqual([]);
    expect(migrateSqlite(path, [...migrations, second], 3)).toEqual([second]);
    const db = await openTemporary({ path, migrations: [...migrations, second] });
    const record = { sql: `SELECT name, applied_at_ms FROM schema_migrations WHERE package = 'notes'`, params: [] };
    expect(await db.read(record)).toEqual([
      { name: 'notes', applied_at_ms: 1 },
      { name: 'tags', applied_at_ms: 3 },
    ]);
  });

  test('[FD-06 forward] a migration that was applied and then edited is refused; its white space may change', () => {
    const path = join(temporaryFolder(), 'reeve.db');
    migrateSqlite(path, migrations, 1);
    const indented = { ...notesTable, up: notesTable.up.map((text) => text.replaceAll(' ', '\n  ')) };
    expect(migrateSqlite(path, [...migrations.slice(0, -1), indented], 2)).toEqual([]);
    const edited = { ...notesTable, up: [...notesTable.up, 'CREATE TABLE more (id TEXT) STRICT'] };
    expect(() => migrateSqlite(path, [...migrations.slice(0, -1), edited], 2)).toThrow(
      'migration notes/1 (notes) was applied with another text',
    );
  });

  test('[FD-06 forward] a database of a newer version is refused before anything is changed', async () => {
    const path = join(temporaryFolder(), 'reeve.db');
    migrateSqlite(path, [...migrations, second], 1);
    await expect(openSqlite({ path, migrations })).rejects.toMatchObject({
      code: 'database_newer',
      details: { package: 'notes', number: 2, name: 'tags' },
    });
  });

  test('a package that this program does not have is left alone', () => {
    const path = join(temporaryFolder(), 'reeve.db');
    migrateSqlite(path, [...migrations, second], 1);
    expect(migrateSqlite(path, migrations.slice(0, -1), 2)).toEqual([]);
  });

  test('one statement that fails leaves nothing of any of them', () => {
    const path = join(temporaryFolder(), 'reeve.db');
    const broken = { ...second, up: [...second.up, 'CREATE TABLE notes (id TEXT)'] };
    expect(() => migrateSqlite(path, [...migrations, broken], 1)).toThrow(
      'migration notes/2 (tags), statement 3: table notes already exists; nothing was changed',
    );
    const db = new DatabaseSync(path);
    expect(db.prepare('SELECT name FROM sqlite_master').all()).toEqual([]);
    db.close();
  });

  test.each([
    ['a new database', 0, platformMigrations.length + 1],
    ['an older one', platformMigrations.length, 1],
  ])(
    '[FD-06 concurrent] several processes that start at once with %s apply each migration once',
    async (_, done, left) => {
      const path = join(temporaryFolder(), 'reeve.db');
      if (done > 0) migrateSqlite(path, platformMigrations, 1);
      const processes = await Promise.all(Array.from({ length: 5 }, () => startMigrator(path)));
      const applied = await Promise.all(processes.map((migrate) => migrate()));
      const counts = applied.map((names) => names?.length ?? NaN).sort((a, b) => a - b);
      expect(counts).toEqual([0, 0, 0, 0, left]);
      expect(migrateSqlite(path, [...platformMigrations, manyTables], 1)).toEqual([]);
    },
  );

  test('numbers with a gap and deferred constraints are defects that are found at once', () => {
    expect(() => pendingMigrations([{ ...second, number: 3 }], [])).toThrow('must have number 1');
    const deferred = 'CREATE TABLE a (b TEXT REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)';
    expect(() => pendingMigrations([{ ...notesTable, up: [deferred] }], [])).toThrow('defers a constraint');
  });
});

/** Takes a while, so that those who start at once meet in the middle of it. */
const manyTables: Migration = {
  package: 'notes',
  number: 1,
  name: 'many',
  up: Array.from({ length: 300 }, (_, index) => `CREATE TABLE many${index} (id TEXT PRIMARY KEY) STRICT`),
};

/** @returns how to let it migrate; that resolves with the migrations it applied, or nothing when it failed. */
async function startMigrator(path: string): Promise<() => Promise<string[] | undefined>> {
  const script = [migrator, path, JSON.stringify(manyTables)];
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
