/** Rules of the house that no linter has: names that say nothing, SQL outside of stores, and comments that promise. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sourceFiles } from '../../scripts/sources.ts';

/** They say nothing about what is in them, so everything ends up in them, and every import cycle goes through them. */
const EMPTY_NAMES = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'lib',
  'misc',
  'types',
  'shared',
  'stuff',
]);

/** A statement, not the word: `SELECT … FROM`, `INSERT INTO`, `UPDATE … SET`, `DELETE FROM`, `CREATE TABLE`. */
const SQL = /\b(SELECT\s[^'`]+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX)\s)/i;
const KNOWS_SQL = /\/(store|migrations)\/|^packages\/platform\/src\/database\//;

const PROMISES = /\b(TODO|FIXME|XXX|HACK)\b/;

function namesThatSayNothing(file: string): string[] {
  return file.split('/').filter((part) => EMPTY_NAMES.has(part.replace(/(\.test)?\.ts$/, '')));
}

function sqlIn(text: string): string | undefined {
  const withoutComments = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return SQL.exec(withoutComments)?.[0];
}

describe('words', () => {
  const files = sourceFiles();
  const sources = files.filter((file) => file.startsWith('packages/') && file.includes('/src/'));

  test('no folder or file has a name that says nothing', () => {
    expect(files.filter((file) => namesThatSayNothing(file).length > 0)).toEqual([]);
  });

  test('only stores and migrations know SQL', () => {
    const outside = sources.filter((file) => !KNOWS_SQL.test(file));
    expect(outside.filter((file) => sqlIn(readFileSync(file, 'utf8')) !== undefined)).toEqual([]);
  });

  test('no source promises to be finished later', () => {
    expect(sources.filter((file) => PROMISES.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  test('the rules refuse what they should', () => {
    expect(namesThatSayNothing('packages/hub/src/utils/queue.ts')).toEqual(['utils']);
    expect(namesThatSayNothing('packages/hub/src/helpers.ts')).toEqual(['helpers.ts']);
    expect(namesThatSayNothing('packages/hub/src/domain/lane-queue.ts')).toEqual([]);
    expect(sqlIn('const rows = sql`select id\n from tasks `;')).toBeDefined();
    expect(sqlIn("db.run('UPDATE tasks SET state = 1')")).toBeDefined();
    expect(sqlIn('// SELECT id FROM tasks\nselectAgent(tasks);')).toBeUndefined();
  });
});
