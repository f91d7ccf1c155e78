import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '@reeve/kernel';
import type { Database } from '../../src/database/index.ts';
import { createLogger } from '../../src/log/index.ts';
import { KeyRotation } from '../../src/sealing-ops/index.ts';
import { insertRotation, newestRotation } from '../../src/sealing-ops/store/rotations.ts';
import { newKeyChainText, parseKeyChain, placeOf, SealedText, type KeyChain } from '../../src/sealing/index.ts';
import { conformance, databasePlace, noteInsert, openAt } from '../database/temporary-database.ts';

const columns = [{ table: 'notes', column: 'text', key: ['id'] }];
const old = newKeyChainText('k1');
const oldKeys = parseKeyChain(old, 'keys');
const fresh = newKeyChainText('k2');
const bothKeys = parseKeyChain(fresh + old, 'keys');
const count = 750;

const textOf = (number: number) => createHash('sha256').update(String(number)).digest('hex');
const idOf = (number: number) => `n${String(number).padStart(4, '0')}`;

/** A database with notes under the old key; closed again. */
async function filled(): Promise<string> {
  const place = await databasePlace();
  const database = await openAt(place, { keys: oldKeys });
  const statements = Array.from({ length: count }, (_, number) => {
    const { sql, params } = noteInsert(idOf(number), { text: 'PLACE' });
    const sealed = new SealedText(textOf(number), placeOf('notes', 'text', idOf(number)));
    return { sql, params: params.map((value) => (value === 'PLACE' ? sealed : value)) };
  });
  await database.commit({ statements });
  await database.close();
  return place;
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

test(`[FD-05 rotation] ${conformance} everything is sealed under the active key, and then the old one is not needed`, async () => {
  const place = await filled();
  const database = await openAt(place, { keys: bothKeys });
  await begin(database, rotationOf(database, bothKeys));
  await expect.poll(() => isDone(database), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(database)).toMatchObject({ looked_at: count, resealed: count, unreadable: 0 });
  await database[Symbol.asyncDispose]();
  const onlyNew = await openAt(place, { keys: parseKeyChain(fresh, 'keys') });
  const rows = await notes(onlyNew);
  expect(rows.map(({ id, text }) => onlyNew.unsealed(text, placeOf('notes', 'text', id)))).toEqual(
    Array.from({ length: count }, (_, number) => textOf(number)),
  );
});

test(`[FD-05 rotation] ${conformance} killed on its way it goes on from there: what is done is neither lost nor done again`, async () => {
  const place = await filled();
  const first = await openAt(place, { keys: bothKeys });
  const rotation = rotationOf(first, bothKeys);
  await begin(first, rotation);
  await expect.poll(async () => (await newestRotation(first))!.looked_at, { interval: 1 }).toBeGreaterThan(0);
  await rotation[Symbol.asyncDispose]();
  const { looked_at: before, state } = (await newestRotation(first))!;
  expect(state).toBe('running');
  expect(before).toBeLessThan(count);
  await first[Symbol.asyncDispose]();
  const second = await openAt(place, { keys: bothKeys });
  await rotationOf(second, bothKeys).resume();
  await expect.poll(() => isDone(second), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(second)).toMatchObject({ looked_at: count, resealed: count });
  const ids = new Set((await notes(second)).map(({ text }) => text.slice(0, 6)));
  expect([...ids]).toEqual(['e1.k2.']);
});

test(`[FD-05 rotation] ${conformance} a value that nobody can open is counted and left as it is`, async () => {
  const place = await filled();
  const database = await openAt(place, { keys: bothKeys });
  await database.commit({
    statements: [{ sql: `UPDATE notes SET text = 'e1.k0.AAAA' WHERE id = ?`, params: [idOf(7)] }],
  });
  await begin(database, rotationOf(database, bothKeys));
  await expect.poll(() => isDone(database), { timeout: 10_000 }).toBe(true);
  expect(await newestRotation(database)).toMatchObject({ resealed: count - 1, unreadable: 1 });
  expect((await notes(database))[7]!.text).toBe('e1.k0.AAAA');
});
