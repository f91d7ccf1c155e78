import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { statementsFor } from '../../src/database/index.ts';
import { numbered } from '../../src/database/postgres/numbered.ts';
import { noteInsert, openTemporary, type NotesSchema } from './temporary-database.ts';

const { statement, compile } = statementsFor<NotesSchema>();

describe('statement', () => {
  test('puts values where the query wants them, and writes constants of the query out', () => {
    const moved = statement<{ id: string; amount: number }>((db, p) =>
      db
        .updateTable('notes')
        .set({ amount: p.amount, text: "it's moved" })
        .where('id', '=', p.id)
        .where('amount', '<', p.amount),
    );
    expect(moved.bind({ id: 'n1', amount: 3 })).toEqual({
      sql: `update "notes" set "amount" = ?, "text" = 'it''s moved' where "id" = ? and "amount" < ?`,
      params: [3, 'n1', 3],
    });
    expect(moved.bind({ amount: 4, id: 'n2' }).params).toEqual([4, 'n2', 4]);
  });

  test('a missing value is told by name, at once', () => {
    const byId = statement<{ id: string }>((db, p) => db.selectFrom('notes').selectAll().where('id', '=', p.id));
    expect(() => byId.bind({} as never)).toThrow(/parameter id is missing for: select/);
  });

  test('null is a value', () => {
    const clear = statement<{ body: Uint8Array | null }>((db, p) => db.updateTable('notes').set({ body: p.body }));
    expect(clear.bind({ body: null }).params).toEqual([null]);
  });

  test('raw fragments, lists of ids, RETURNING and ON CONFLICT run as written', async () => {
    const db = await openTemporary();
    const upsert = statement<{ id: string; amount: number }>((builder, p) =>
      builder
        .insertInto('notes')
        .values({ id: p.id, text: p.id, amount: p.amount, body: null })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ amount: sql`notes.amount + excluded.amount` }))
        .returning('amount'),
    );
    const amounts = [];
    for (const amount of [2, 3])
      amounts.push((await db.commit({ statements: [upsert.bind({ id: 'a', amount })] }))[0]!.rows);
    expect(amounts).toEqual([[{ amount: 2 }], [{ amount: 5 }]]);
    await db.commit({ statements: [noteInsert('b'), noteInsert('c')] });
    const among = statement<{ ids: string }>((builder, p) =>
      builder
        .selectFrom('notes')
        .select('id')
        .where('id', 'in', sql<string>`(SELECT value FROM json_each(${p.ids}))`)
        .orderBy('id'),
    );
    expect(await db.read(among.bind({ ids: JSON.stringify(['c', 'a', 'z']) }))).toEqual([{ id: 'a' }, { id: 'c' }]);
    const touch = statement<{ id: string }>((_, p) => sql`UPDATE notes SET amount = 9 WHERE id = ${p.id}`);
    expect(await db.commit({ statements: [touch.bind({ id: 'c' })] })).toEqual([{ changes: 1, rows: [] }]);
  });

  test('for PostgreSQL its placeholders are numbered, but not what looks like one in texts and names', () => {
    expect(numbered(`select '?', "a?", ? || 'it''s ?' where b = ?`)).toBe(
      `select '?', "a?", $1 || 'it''s ?' where b = $2`,
    );
  });
});

describe('values', () => {
  test('whole numbers are integers where no column says so', async () => {
    const db = await openTemporary();
    const query = {
      sql: `SELECT 'note:' || ? AS text, json_array(?) AS json, typeof(?) AS kind`,
      params: [10, 10, 0.5],
    };
    expect(await db.read(query)).toEqual([{ text: 'note:10', json: '[10]', kind: 'real' }]);
    const [answer] = await db.commit({ statements: [query] });
    expect(answer!.rows).toEqual([{ text: 'note:10', json: '[10]', kind: 'real' }]);
  });
});

describe('compile', () => {
  test('takes a query whose shape depends on the request', async () => {
    const db = await openTemporary();
    await db.commit({ statements: [noteInsert('a', { amount: 1 }), noteInsert('b', { amount: 2 })] });
    const list = (least?: number) =>
      compile((builder) => {
        const all = builder.selectFrom('notes').select('id').orderBy('id').limit(10);
        return least === undefined ? all : all.where('amount', '>=', least);
      });
    expect(await db.read(list())).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(await db.read(list(2))).toEqual([{ id: 'b' }]);
  });
});
