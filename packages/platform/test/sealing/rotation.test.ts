import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '@reeve/kernel';
import { openSqlite, type Database } from '../../src/database/index.ts';
import { createLogger } from '../../src/log/index.ts';
import { KeyRotation } from '../../src/sealing-ops/index.ts';
import { insertRotation, newestRotation } from '../../src/sealing-ops/store/rotations.ts';
import { newKeyChainText, parseKeyChain, placeOf, SealedText, type KeyChain } from '../../src/sealing/index.ts';
import { migrations, noteInsert, temporaryFolder } from '../database/temporary-database.ts';

const columns = [{ table: 'notes', column: 'text', key: ['id'] }];
const old = newKeyChainText('k1');
const oldKeys = parseKeyChain(old, 'keys');
const fresh = newKeyChainText('k2');
const bothKeys = parseKeyChain(fresh + old, 'keys');
const count = 750;

const textOf = (number: number) => createHash('sha256').update(String(number)).digest('hex');
const idOf = (number: number) => `n${String(number).padStart(4, '0')}`;

async function open(path: string, keys: KeyChain): Promise<Database> {
  const database = await openSqlite({ path, migrations, keys });
  onTestFinished(async () => database[Symbol.asyncDispose]());
  return database;
}

/** A database with notes under the old key; closed again. */
async function filled(): Promise<string> {
  const path = join(temporaryFolder(), 'reeve.db');
  await using database = await openSqlite({ path, migrations, keys: oldKeys });
  const statements = Array.from({ length: count }, (_, number) => {
    const { sql, params } = noteInsert(idOf(number), { text: 'PLACE' });
    const sealed = new SealedText(textOf(number), placeOf('notes', 'text', idOf(number)));
    return { sql, params: params.map((value) => (value === 'PLACE' ? sealed : value)) };
  });
  await database.commit({ statements });
  return path;
}

function rotationOf(database: Database, keys: KeyChain): KeyRotation {
  const log = createLogger({ level: 'error', destination: { write: () => {} } });
  const rotation = new KeyRotation({ database, clock: systemClock, log, keys, columns });
  onTestFinished(async () => rotation[Symbol.asyncDispose]());
  return rotation;
}

async function begin(database: Database, rotation: KeyRotation): Promise<void> {
  const row = rotation.begin();
  await database.commit({ statements: [insertRotation(row)] });
  rotation.goOn(row);
}

async function notes(database: Database): Promise<Array<{ id: string; text: string }>> {
  return database.read({ sql: 'SELECT id, text FROM notes ORDER BY id', params: [] });
}

async function isDone(database: Database): Promise<boolean> {
  return (await newestRotation(database))?.state === 'done';
}

test('[FD-05 rotation] everything is sealed under the active key, and then the old one is not needed', async () => {
  const path = await filled();
  const database = await open(path, bothKeys);
  await begin(database, rotationOf(database, bothKeys));
  await expect.poll(() => isDone(database), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(database)).toMatchObject({ looked_at: count, resealed: count, unreadable: 0 });
  await database[Symbol.asyncDispose]();
  const onlyNew = await open(path, parseKeyChain(fresh, 'keys'));
  const rows = await notes(onlyNew);
  expect(rows.map(({ id, text }) => onlyNew.unsealed(text, placeOf('notes', 'text', id)))).toEqual(
    Array.from({ length: count }, (_, number) => textOf(number)),
  );
});

test('[FD-05 rotation] killed on its way it goes on from there: what is done is neither lost nor done again', async () => {
  const path = await filled();
  const first = await open(path, bothKeys);
  const rotation = rotationOf(first, bothKeys);
  await begin(first, rotation);
  await expect.poll(async () => (await newestRotation(first))!.looked_at, { interval: 1 }).toBeGreaterThan(0);
  await rotation[Symbol.asyncDispose]();
  const { looked_at: before, state } = (await newestRotation(first))!;
  expect(state).toBe('running');
  expect(before).toBeLessThan(count);
  await first[Symbol.asyncDispose]();
  const second = await open(path, bothKeys);
  await rotationOf(second, bothKeys).resume();
  await expect.poll(() => isDone(second), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(second)).toMatchObject({ looked_at: count, resealed: count });
  const ids = new Set((await notes(second)).map(({ text }) => text.slice(0, 6)));
  expect([...ids]).toEqual(['e1.k2.']);
});

test('[FD-05 rotation] a value that nobody can open is counted and left as it is', async () => {
  const path = await filled();
  const database = await open(path, bothKeys);
  await database.commit({
    statements: [{ sql: `UPDATE notes SET text = 'e1.k0.AAAA' WHERE id = ?`, params: [idOf(7)] }],
  });
  await begin(database, rotationOf(database, bothKeys));
  await expect.poll(() => isDone(database), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(database)).toMatchObject({ resealed: count - 1, unreadable: 1 });
  expect((await notes(database))[7]!.text).toBe('e1.k0.AAAA');
});
