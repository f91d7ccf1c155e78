import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { PostgresCluster } from '../../../../tests/house/postgres.ts';
import {
  openPostgres,
  openSqlite,
  platformMigrations,
  statementsFor,
  type Migration,
  type GroupDatabase,
  type SqliteOptions,
} from '../../src/database/index.ts';

export interface NotesSchema {
  notes: { id: string; text: string; amount: number; body: Uint8Array | null };
}

export const notesTable: Migration = {
  package: 'notes',
  number: 1,
  name: 'notes',
  up: [
    `CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount >= 0),
      body BLOB) STRICT`,
    'CREATE TABLE topics (id TEXT PRIMARY KEY) STRICT',
    'CREATE TABLE replies (id TEXT PRIMARY KEY, topic TEXT NOT NULL REFERENCES topics (id)) STRICT',
    'CREATE TABLE samples (text TEXT, large INTEGER, small INTEGER, broken REAL, bytes BLOB, absent TEXT) STRICT',
  ],
};
export const migrations: readonly Migration[] = [...platformMigrations, notesTable];

const { statement } = statementsFor<NotesSchema>();
const insertNote = statement<{ id: string; text: string; amount: number }>((db, p) =>
  db.insertInto('notes').values({ id: p.id, text: p.text, amount: p.amount, body: null }),
);

/** Inserts one note; `text` is the id when not given. */
export function noteInsert(id: string, { text = id, amount = 0 }: { text?: string; amount?: number } = {}) {
  return insertNote.bind({ id, text, amount });
}

export function noteEvent(id: string, tenant = 'acme', type = 'note.added') {
  return { type, tenant, subject: `note:${id}`, data: { id } };
}

export function noteAudit(id: string) {
  const draft = { actor: 'key:1', tenant: 'acme', operation: 'notes.create', outcome: 'done' } as const;
  return { ...draft, target: `note:${id}`, correlationId: `c-${id}`, details: { b: 'ü', a: 1 } };
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let cluster: PostgresCluster | undefined;

/** For the name of a test that runs on both: which of them this is, where the `describe` around it does not say. */
export let conformance = '[LD-12 sqlite]';

/** Databases of the `describe` in which it is called are on a PostgreSQL server. */
export function onPostgres(): void {
  conformance = '';
  beforeAll(async () => {
    cluster = await PostgresCluster.start({ fsync: false });
  });
  afterAll(() => cluster?.stop());
}

/** A real database of its own, closed after the test: in a file, unless this is `onPostgres`. */
export async function openTemporary(options: Partial<SqliteOptions> = {}): Promise<GroupDatabase> {
  const database = await (cluster ? openOnServer(cluster, options) : openInFile(options));
  onTestFinished(() => database.close());
  return database;
}

/** Where a database can be opened several times, one after the other, by `openAt`: a path, or the URL of a server. */
export async function databasePlace(): Promise<string> {
  return cluster ? cluster.createDatabase() : join(temporaryFolder(), 'reeve.db');
}

/** Closed after the test, at the latest. */
export async function openAt(place: string, options: Partial<SqliteOptions> = {}): Promise<GroupDatabase> {
  const database = await (cluster
    ? openPostgres({ url: place, migrations, ...options })
    : openSqlite({ path: place, migrations, ...options }));
  onTestFinished(() => database.close());
  return database;
}

async function openOnServer(server: PostgresCluster, options: Partial<SqliteOptions>): Promise<GroupDatabase> {
  return openPostgres({ url: await server.createDatabase(), migrations, ...options });
}

function openInFile(options: Partial<SqliteOptions>): Promise<GroupDatabase> {
  return openSqlite({ path: join(temporaryFolder(), 'reeve.db'), migrations, ...options });
}

export async function noteIds(database: Pick<GroupDatabase, 'read'>): Promise<string[]> {
  const rows = await database.read<{ id: string }>({ sql: 'SELECT id FROM notes ORDER BY id', params: [] });
  return rows.map(({ id }) => id);
}
