import { describe, expect, test } from 'vitest';
import { mergeable } from '../../src/database/postgres/mergeable.ts';
import { Merger, type ExpectedCall } from '../../src/database/postgres/merger.ts';
import type { SessionStatement } from '../../src/database/postgres/pipeline.ts';
import type { SqlValue } from '../../src/database/port.ts';

// Which statements PostgreSQL may be given as one. That they do the same then is the contract's suite to show.

const insertNote = 'insert into "notes" ("id", "state") values (?, \'new\')';
const insertTag = 'insert into "tags" ("id") values (?)';
const moveNote = 'update "notes" set "state" = ? where "id" = ? and ("fence" is null or "fence" < ?)';
const intId = 20;

describe('a text', () => {
  test('of an insert of one row is merged by reading rows from arrays', () => {
    expect(mergeable(insertNote)!.many(['text'])).toBe(
      'insert into "notes" ("id", "state") select "given 1", \'new\' from unnest(?::text[]) as "given" ("given 1")',
    );
  });

  test('of an update is merged by the first column that has to equal a value and is not set', () => {
    const found = mergeable(moveNote)!;
    expect(found).toMatchObject({ table: 'notes', key: 1 });
    expect(found.many(['text', 'int8', 'int8'])).toBe(
      'with "done" as (update "notes" set "state" = "given 1" from unnest(?::text[], ?::int8[], ?::int8[]) as "given" ' +
        '("given 1", "given 2", "given 3") where "id" = "given 2" and ("fence" is null or "fence" < "given 3") ' +
        'returning "given 2" as "key") select count(*) as "rows", count(distinct "key") as "keys" from "done"',
    );
  });

  test('keeps the texts in it, whatever words they hold', () => {
    const sql = `update "notes" set "state" = 'select ? where it is and or' where "id" = ?`;
    expect(mergeable(sql)).toMatchObject({ table: 'notes', key: 0 });
    expect(mergeable(sql)!.many(['int8'])).toContain(`set "state" = 'select ? where it is and or' from unnest(`);
  });

  test.each([
    ['returns rows', 'update "notes" set "state" = ? where "id" = ? returning "id"'],
    ['looks at other rows', 'update "notes" set "state" = (select max(id) from notes) where "id" = ?'],
    ['sets what it looks for', 'update "notes" set "id" = ? where "id" = ?'],
    ['names a row by its constant', 'update "notes" set "state" = ? where "id" = 7'],
    ['may concern any row', 'update "notes" set "state" = ? where "id" = ? or "fence" = ?'],
    ['concerns a range', 'update "notes" set "state" = ? where "id" between ? and ?'],
    ['gives way', 'insert into "notes" ("id") values (?) on conflict do nothing'],
    ['names no columns', 'insert into notes values (?, ?)'],
    ['removes', 'delete from "notes" where "id" = ?'],
  ])('that %s is carried out as it is', (_, sql) => {
    expect(mergeable(sql)).toBeUndefined();
  });
});

describe('statements', () => {
  test('of one text become one call, over others that concern other tables', () => {
    expect(merged([insert(1), tag(1), insert(2), tag(2), insert(3)])).toEqual(['3 × notes', '2 × tags']);
  });

  test('[HB-08] on one table keep their order', () => {
    expect(merged([insert(1), move(1), insert(2), move(2), move(3)])).toEqual([
      '1 × notes',
      '1 × notes',
      '1 × notes',
      '2 × notes',
    ]);
  });

  test('that name one row twice stay two', () => {
    expect(merged([move(1), move(2), move(1), move(3)])).toEqual(['2 × notes', '2 × notes']);
  });

  test('go past none of which it is not known what it concerns', () => {
    expect(merged([insert(1), insert(2), other(), insert(3), insert(4)])).toEqual([
      '2 × notes',
      'as it is',
      '2 × notes',
    ]);
  });

  test('stay as they are on a table that others refer to, and until the types of their values are known', () => {
    expect(merged([insert(1), insert(2)], { entangled: ['notes'] })).toEqual(['as it is', 'as it is']);
    expect(merged([insert(1), insert(2)], { types: undefined })).toEqual(['as it is', 'as it is']);
  });

  test('of which any number may be changed stay as they are', () => {
    expect(merged([move(1, -1), move(2, -1)])).toEqual(['as it is', 'as it is']);
  });
});

type Sketch = readonly [sql: string, params: readonly SqlValue[], expectRows?: number];
const insert = (id: number): Sketch => [insertNote, [id]];
const tag = (id: number): Sketch => [insertTag, [id]];
const move = (id: number, expectRows = 1): Sketch => [moveNote, ['old', id, 1], expectRows];
const other = (): Sketch => ['delete from "tags"', []];

interface Server {
  readonly entangled?: readonly string[];
  readonly types?: readonly number[] | undefined;
}

/** What is sent for the statements, in words. */
function merged(sketches: readonly Sketch[], server: Server = {}): string[] {
  const known = new Map<string, SessionStatement>();
  const statement = (text: string): SessionStatement => {
    const places = text.split('?').length - 1;
    const types = 'types' in server ? server.types : Array.from({ length: places }, () => intId);
    const made = { name: text, text, sql: text, prepared: true, types, columns: undefined };
    return known.get(text) ?? known.set(text, made).get(text)!;
  };
  const calls = sketches.map(([sql, params, expectRows = -1]): ExpectedCall => ({
    statement: statement(sql),
    params,
    expectRows,
  }));
  const sent = new Merger(statement, new Set(server.entangled)).merge(calls)?.calls ?? calls;
  return sent.map(({ statement: { text }, params }) => {
    const [, table] = /(notes|tags)/.exec(text)!;
    if (/unnest/.test(text)) return `${String(params.at(-1)).split(',').length} × ${table}`;
    return sent === calls || text.startsWith('delete') ? 'as it is' : `1 × ${table}`;
  });
}
