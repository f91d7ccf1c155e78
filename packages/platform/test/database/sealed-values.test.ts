import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { StatementFailed, type UnitStatement } from '../../src/database/index.ts';
import { newKeyChainText, parseKeyChain, placeOf, SealedText } from '../../src/sealing/index.ts';
import { noteInsert, openTemporary, temporaryFolder } from './temporary-database.ts';

const keys = parseKeyChain(newKeyChainText('k1'), 'keys');
const placeOfNote = (id: string) => placeOf('notes', 'text', id);

function sealedNote(id: string, text: string): UnitStatement {
  const { sql, params } = noteInsert(id, { text: 'PLACE' });
  const sealed = params.map((value) => (value === 'PLACE' ? new SealedText(text, placeOfNote(id)) : value));
  return { sql, params: sealed, expectRows: 1 };
}

test('[FD-05 tasks] a text that is to be sealed never reaches the files, and is read back as it was', async () => {
  const path = join(temporaryFolder(), 'reeve.db');
  const db = await openTemporary({ path, keys });
  await db.commit({ statements: [sealedNote('a', 'canary-in-a'), noteInsert('b'), sealedNote('c', 'canary-in-c')] });
  const rows = await db.read<{ id: string; text: string }>({ sql: 'SELECT id, text FROM notes', params: [] });
  expect(JSON.stringify(rows)).not.toContain('canary-in');
  const texts = rows.map(({ id, text }) => (id === 'b' ? text : db.unsealed(text, placeOfNote(id))));
  expect(texts).toEqual(['canary-in-a', 'b', 'canary-in-c']);
  const folder = dirname(path);
  for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name)).includes('canary-in')).toBe(false);
});

test('[FD-05 tasks] a unit that is undone does not shift what the ones behind it seal', async () => {
  const db = await openTemporary({ keys });
  await db.commit({ statements: [noteInsert('taken')] });
  const undone = db.commit({ statements: [noteInsert('taken'), sealedNote('x', 'lost'), sealedNote('y', 'lost')] });
  const kept = db.commit({ statements: [sealedNote('z', 'kept')] });
  await expect(undone).rejects.toThrow();
  await kept;
  const rows = await db.read<{ id: string; text: string }>({
    sql: `SELECT id, text FROM notes WHERE id <> 'taken'`,
    params: [],
  });
  expect(rows.map(({ id, text }) => [id, db.unsealed(text, placeOfNote(id))])).toEqual([['z', 'kept']]);
});

test('[FD-05 tasks] without a key nothing is stored in place of what is to be sealed', async () => {
  const db = await openTemporary();
  const error: unknown = await db
    .commit({ statements: [sealedNote('a', 'secret')] })
    .catch((thrown: unknown) => thrown);
  expect(StatementFailed.is(error)).toBe(true);
  expect(await db.read({ sql: 'SELECT id FROM notes', params: [] })).toEqual([]);
});
