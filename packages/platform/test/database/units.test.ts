import { setImmediate as nextTurn } from 'node:timers/promises';
import { Overloaded, ShuttingDown } from '@reeve/kernel';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { ExpectationFailed, StatementFailed, statementsFor, type GroupDatabase } from '../../src/database/index.ts';
import type { EventRecord } from '../../src/database/port.ts';
import { readEvents } from '../../src/events/index.ts';
import { noteEvent, noteIds, noteInsert, openTemporary, type NotesSchema } from './temporary-database.ts';

const { statement } = statementsFor<NotesSchema>();
const takeAmount = statement<{ id: string; by: number }>((db, p) =>
  db
    .updateTable('notes')
    .set({ amount: sql`amount - ${p.by}` })
    .where('id', '=', p.id),
);

describe('groups', () => {
  test('what follows from a unit in the same turn of the event loop shares its commit', async () => {
    const db = await openTemporary();
    const before = db.status().commits;
    const first = db.commit({ statements: [noteInsert('cause')] });
    const second = Promise.resolve().then(() => db.commit({ statements: [noteInsert('effect')] }));
    await Promise.all([first, second]);
    expect(db.status().commits).toBe(before + 1);
  });

  test('what nobody waits for goes with what comes next, in order, and alone when its time is up', async () => {
    const db = await openTemporary();
    const { commits } = db.status();
    const patient = db.commit({ statements: [noteInsert('patient')], mayWaitMs: 60_000 });
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    expect(await noteIds(db)).toEqual([]);
    const rename = { sql: `UPDATE notes SET id = 'renamed' WHERE id = 'patient'`, params: [], expectRows: 1 };
    await Promise.all([db.commit({ statements: [rename] }), patient]);
    expect(db.status().commits).toBe(commits + 1);
    await db.commit({ statements: [noteInsert('alone')], mayWaitMs: 10 });
    expect(db.status().commits).toBe(commits + 2);
    expect(await noteIds(db)).toEqual(['alone', 'renamed']);
  });

  test('[HB-08] many units at once share a few commits, each with its own answer', async () => {
    const db = await openTemporary();
    const ids = Array.from({ length: 5_000 }, (_, index) => `n${index}`);
    const answers = await Promise.all(ids.map((id) => db.commit({ statements: [noteInsert(id)] })));
    expect(answers).toEqual(ids.map(() => [{ changes: 1, rows: [] }]));
    expect(db.status().units).toBe(5_000);
    expect(db.status().commits).toBeLessThan(30);
    expect(await noteIds(db)).toHaveLength(5_000);
  });

  test('units are committed in the order of the calls', async () => {
    const db = await openTemporary();
    const append = { sql: 'UPDATE samples SET text = text || ?' };
    await db.commit({ statements: [{ sql: `INSERT INTO samples (text) VALUES ('')`, params: [] }] });
    const numbers = Array.from({ length: 2_500 }, (_, index) => index);
    await Promise.all(numbers.map((index) => db.commit({ statements: [{ ...append, params: [`${index} `] }] })));
    const [row] = await db.read<{ text: string }>({ sql: 'SELECT text FROM samples', params: [] });
    expect(row!.text.trim().split(' ').map(Number)).toEqual(numbers);
  });

  test('what a caller changes after the call is not what is committed', async () => {
    const db = await openTemporary();
    const body = new Uint8Array([1, 2, 3]);
    const params = ['n1', 'before', 0, body];
    const committed = db.commit({ statements: [{ sql: 'INSERT INTO notes VALUES (?, ?, ?, ?)', params }] });
    params[1] = 'after';
    body.fill(9);
    await committed;
    const [row] = await db.read({ sql: 'SELECT text, body FROM notes', params: [] });
    expect(row).toEqual({ text: 'before', body: new Uint8Array([1, 2, 3]) });
  });

  test('what is committed is seen by the next read, what is undone is not', async () => {
    const db = await openTemporary();
    await db.commit({ statements: [noteInsert('n1')] });
    await expect(db.commit({ statements: [noteInsert('n2'), noteInsert('n1')] })).rejects.toMatchObject({
      details: { index: 1, constraint: 'unique' },
    });
    expect(await noteIds(db)).toEqual(['n1']);
  });
});

describe('a unit that fails', () => {
  test('[HB-08] is undone as a whole and rejected with the statement that failed; its neighbours go on', async () => {
    const db = await openTemporary();
    const told: EventRecord[] = [];
    db.onEvents((events) => told.push(...events));
    const results = await Promise.allSettled([
      db.commit({ statements: [noteInsert('a')], events: [noteEvent('a')] }),
      db.commit({ statements: [noteInsert('b'), noteInsert('b2', { amount: -1 })], events: [noteEvent('b')] }),
      db.commit({ statements: [noteInsert('c'), noteInsert('a')], events: [noteEvent('c')] }),
      db.commit({ statements: [noteInsert('d')], events: [noteEvent('d')] }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(results.map((result) => (result.status === 'rejected' ? factsOf(result.reason) : undefined))).toEqual([
      undefined,
      { code: 'expectation_failed', index: 1, constraint: 'check' },
      { code: 'expectation_failed', index: 1, constraint: 'unique' },
      undefined,
    ]);
    expect(await noteIds(db)).toEqual(['a', 'd']);
    expect(told.map(({ position, subject }) => [position, subject])).toEqual([
      [1, 'note:a'],
      [2, 'note:d'],
    ]);
    expect((await readEvents(db, { after: 0, limit: 10 })).events).toEqual(told);
    expect(db.status().commits).toBe(1);
  });

  test.each([
    ['first', 0],
    ['last', 2],
  ])('[HB-08] an expectation missed by the %s statement undoes all of them', async (_, at) => {
    const db = await openTemporary();
    const statements = ['a', 'b', 'c'].map((id, index) =>
      index === at ? { ...takeAmount.bind({ id: 'nobody', by: 1 }), expectRows: 1 } : noteInsert(id),
    );
    const failure = await db.commit({ statements }).catch((error: unknown) => error);
    expect(ExpectationFailed.is(failure)).toBe(true);
    expect(factsOf(failure)).toEqual({ code: 'expectation_failed', index: at, expectedRows: 1, rows: 0 });
    expect(await noteIds(db)).toEqual([]);
  });

  test('one statement that changes more rows than expected is undone too', async () => {
    const db = await openTemporary();
    await db.commit({ statements: [noteInsert('a'), noteInsert('b')] });
    const removeAll = { sql: 'DELETE FROM notes', params: [], expectRows: 1 };
    await expect(db.commit({ statements: [removeAll] })).rejects.toThrow('had to change 1 rows and changed 2');
    expect(await noteIds(db)).toEqual(['a', 'b']);
  });

  test('a reference to nothing is a failed expectation that names its kind', async () => {
    const db = await openTemporary();
    const reply = { sql: 'INSERT INTO replies VALUES (?, ?)', params: ['r', 'nobody'] };
    const failure = await db.commit({ statements: [reply] }).catch((error: unknown) => error);
    expect(factsOf(failure)).toEqual({ code: 'expectation_failed', index: 0, constraint: 'foreignKey' });
  });

  test('of two that take the last of something at once, one gets it', async () => {
    const db = await openTemporary();
    await db.commit({ statements: [noteInsert('n', { amount: 1 })] });
    const take = () => db.commit({ statements: [{ ...takeAmount.bind({ id: 'n', by: 1 }), expectRows: 1 }] });
    const results = await Promise.allSettled([take(), take(), take()]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  test('a defect of the program is told as one, and hurts only its own unit', async () => {
    const db = await openTemporary();
    const results = await Promise.allSettled([
      db.commit({ statements: [{ sql: 'SELECT nothing FROM nowhere', params: [] }] }),
      db.commit({ statements: [noteInsert('a'), { sql: 'INSERT INTO notes (missing) VALUES (?)', params: ['x'] }] }),
      db.commit({ statements: [{ sql: 'COMMIT', params: [] }] }),
      db.commit({ statements: [noteInsert('b'), { sql: '  rollback', params: [] }] }),
      db.commit({ statements: [noteInsert('good')] }),
    ]);
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused.map((reason) => StatementFailed.is(reason))).toEqual([true, true, true, true]);
    expect(await noteIds(db)).toEqual(['good']);
  });

  test.each([
    ['undefined', undefined],
    ['a boolean', true],
    ['NaN', Number.NaN],
    ['a function', () => 1],
    ['an object', {}],
  ])('%s as a value is refused before it enters a group', async (_, value) => {
    const db = await openTemporary();
    const unit = {
      statements: [{ sql: 'INSERT INTO notes VALUES (?, ?, ?, ?)', params: ['a', value, 0, null] as never }],
    };
    const good = db.commit({ statements: [noteInsert('good')] });
    await expect(db.commit(unit)).rejects.toThrow(TypeError);
    await good;
    expect(await noteIds(db)).toEqual(['good']);
  });
});

describe('many units of one kind at once', () => {
  const add = statement<{ id: string; by: number }>((db, p) =>
    db
      .updateTable('notes')
      .set({ amount: sql`amount + ${p.by}` })
      .where('id', '=', p.id)
      .where('amount', '<', 100),
  );
  const addTo = (id: string, by: number) => ({ ...add.bind({ id, by }), expectRows: 1 });
  const amounts = async (db: Pick<GroupDatabase, 'read'>) =>
    await db.read<{ id: string; amount: number }>({ sql: 'SELECT id, amount FROM notes ORDER BY id', params: [] });

  test('[HB-08] each changes its own row, and each value arrives as it was', async () => {
    const db = await openTemporary();
    const texts = ['', '"', '\\', '{a,b}', 'NULL', 'ünïcödé 🦌', "it's ?", ' b ', 'a\nb'];
    await db.commit({ statements: [noteInsert('first')] });
    const inserts = texts.map((text, index) => noteInsert(`n${index}`, { text, amount: index }));
    expect(await db.commit({ statements: inserts })).toEqual(texts.map(() => ({ changes: 1, rows: [] })));
    await db.commit({ statements: [addTo('n0', 1)] });
    const answers = await Promise.all(
      texts.map((_, index) => db.commit({ statements: [addTo(`n${index}`, 10 * index)] })),
    );
    expect(answers).toEqual(texts.map(() => [{ changes: 1, rows: [] }]));
    const found = await db.read<{ text: string }>({ sql: 'SELECT text FROM notes ORDER BY id', params: [] });
    expect(found.map(({ text }) => text)).toEqual(['first', ...texts]);
    expect((await amounts(db)).map(({ amount }) => amount)).toEqual([0, 1, ...texts.map((_, n) => 11 * n).slice(1)]);
  });

  test('[HB-08] one that misses its row, or names the row of another, fails alone', async () => {
    const db = await openTemporary();
    await db.commit({ statements: ['a', 'b', 'c'].map((id) => noteInsert(id)) });
    await db.commit({ statements: [addTo('a', 1)] });
    const units = [addTo('a', 1), addTo('nobody', 1), addTo('b', 100), addTo('b', 1), addTo('a', 1), addTo('c', 5)];
    const results = await Promise.allSettled(units.map((each) => db.commit({ statements: [each] })));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true, true]);
    expect((await amounts(db)).map(({ amount }) => amount)).toEqual([3, 100, 5]);
  });

  test('a row cannot refer to one that comes after it', async () => {
    const db = await openTemporary();
    const topic = (id: string) => ({ sql: 'INSERT INTO topics (id) VALUES (?)', params: [id] });
    const reply = (id: string, about: string) => ({
      sql: 'INSERT INTO replies (id, topic) VALUES (?, ?)',
      params: [id, about],
    });
    await db.commit({ statements: [topic('a'), reply('r1', 'a')] });
    const units = [topic('b'), reply('r2', 'c'), topic('c'), reply('r3', 'c')];
    const results = await Promise.allSettled(units.map((each) => db.commit({ statements: [each] })));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, true]);
  });
});

describe('statements of a unit', () => {
  test('answer with rows changed and rows returned', async () => {
    const db = await openTemporary();
    const returning = statement<{ id: string }>((builder, p) =>
      builder.updateTable('notes').set({ amount: 7 }).where('id', '=', p.id).returning(['id', 'amount']),
    );
    const answers = await db.commit({
      statements: [
        noteInsert('a'),
        { ...returning.bind({ id: 'a' }), expectRows: 1 },
        returning.bind({ id: 'nobody' }),
      ],
    });
    expect(answers).toEqual([
      { changes: 1, rows: [] },
      { changes: 1, rows: [{ id: 'a', amount: 7 }] },
      { changes: 0, rows: [] },
    ]);
  });

  test('a returned integer that no number can hold undoes the unit', async () => {
    const db = await openTemporary();
    const huge = { sql: `INSERT INTO notes VALUES ('a', 'a', 9007199254740993, NULL) RETURNING amount`, params: [] };
    await expect(db.commit({ statements: [huge] })).rejects.toThrow('statement 0');
    expect(await noteIds(db)).toEqual([]);
  });

  test('a unit may have events only', async () => {
    const db = await openTemporary();
    expect(await db.commit({ statements: [], events: [noteEvent('a')] })).toEqual([]);
    expect(db.status().newestPosition).toBe(1);
  });

  test('text, whole and broken numbers, bytes and nothing come back as they were', async () => {
    const db = await openTemporary();
    const values = ['ünïcödé \u0001 🦌', 2 ** 53 - 1, -7, 0.1, new Uint8Array([0, 255, 1]), null];
    const insert = { sql: 'INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?) RETURNING *', params: values };
    const [answer] = await db.commit({ statements: [insert] });
    expect(Object.values(answer!.rows[0]!)).toEqual(values);
    const [row] = await db.read({ sql: 'SELECT * FROM samples', params: [] });
    expect(Object.values(row!)).toEqual(values);
  });
});

describe('limits', () => {
  test('more units than may wait are refused as overloaded; those that waited are committed', async () => {
    const db = await openTemporary({ limits: { queuedUnits: 100, groupUnits: 10 } });
    const results = await Promise.allSettled(
      Array.from({ length: 150 }, (_, index) => db.commit({ statements: [noteInsert(`n${index}`)] })),
    );
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused).toHaveLength(50);
    expect(refused.every((reason) => Overloaded.is(reason) && reason.retryAfterMs! > 0)).toBe(true);
    expect(await noteIds(db)).toHaveLength(100);
    await db.commit({ statements: [noteInsert('later')] });
  });

  test('more bytes than may wait are refused as overloaded', async () => {
    const db = await openTemporary({ limits: { queuedBytes: 10_000 } });
    const big = (id: string) => db.commit({ statements: [noteInsert(id, { text: id.repeat(4_000) })] });
    const results = await Promise.allSettled([big('a'), big('b'), big('c'), big('d')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  });

  test('statement texts without number are refused: values belong into parameters', async () => {
    const db = await openTemporary();
    const texts = Array.from({ length: 2_001 }, (_, index) => ({ sql: `SELECT ${index}`, params: [] }));
    const results = await Promise.allSettled(texts.map((text) => db.commit({ statements: [text] })));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    await expect(db.commit({ statements: [texts[0]!] })).resolves.toHaveLength(1);
  });
});

describe('the end', () => {
  test('close commits what is queued, then refuses, and leaves no log behind', async () => {
    const db = await openTemporary({ limits: { groupUnits: 10 } });
    const units = Array.from({ length: 200 }, (_, index) => db.commit({ statements: [noteInsert(`n${index}`)] }));
    const closed = db.close();
    await expect(db.commit({ statements: [noteInsert('late')] })).rejects.toSatisfy((error) => ShuttingDown.is(error));
    await closed;
    expect(await Promise.all(units)).toHaveLength(200);
    await expect(db.read({ sql: 'SELECT 1', params: [] })).rejects.toSatisfy((error) => ShuttingDown.is(error));
    await db.close();
  });

  test('a listener that throws disturbs neither the unit nor other listeners', async () => {
    const reported: object[] = [];
    const log = { error: (facts: object) => reported.push(facts) } as never;
    const db = await openTemporary({ log });
    const told: number[] = [];
    db.onEvents(() => {
      throw new Error('a listener');
    });
    const stop = db.onEvents((events) => told.push(events.length));
    await db.commit({ statements: [], events: [noteEvent('a')] });
    stop();
    await db.commit({ statements: [], events: [noteEvent('b')] });
    expect(told).toEqual([1]);
    expect(reported).toHaveLength(2);
  });
});

function factsOf(error: unknown): object {
  const { code, details } = error as { code: string; details: object };
  return { code, ...details };
}
