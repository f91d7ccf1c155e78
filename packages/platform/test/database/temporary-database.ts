import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
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
    'CREATE TABLE replies (id TEXT PRIMARY KEY, note TEXT NOT NULL REFERENCES notes (id)) STRICT',
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

/** A real database in a file of its own, closed after the test. */
export async function openTemporary(options: Partial<SqliteOptions> = {}): Promise<GroupDatabase> {
  const path = options.path ?? join(temporaryFolder(), 'reeve.db');
  const database = await openSqlite({ path, migrations, ...options });
  onTestFinished(() => database.close());
  return database;
}

export async function noteIds(database: Pick<GroupDatabase, 'read'>): Promise<string[]> {
  const rows = await database.read<{ id: string }>({ sql: 'SELECT id FROM notes ORDER BY id', params: [] });
  return rows.map(({ id }) => id);
}
