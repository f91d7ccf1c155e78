import { withPlaces } from './numbered.ts';

/** How statements of one text are carried out as one: each of them has changed exactly one row, or that one tells. */
export interface Mergeable {
  readonly table: string;
  /** Index of the parameter that names the row of an update; an insert has none. */
  readonly key: number | undefined;
  /** The text for many, whose parameters are arrays of these types: one for each parameter of the text for one. */
  many(types: readonly string[]): string;
}

const insertShape = /^insert into "?(\w+)"? (\((?:"?\w+"?(?:, )?)+\)) values \(([^()]*)\)$/i;
const updateShape = /^update "?(\w+)"? set (.+) where (.+)$/i;
/** Words with which a statement may look at more than its own row, or says more than how many rows it changed. */
const farSighted = /\b(select|from|returning|between|conflict|over)\b/i;

/**
 * Reads a text as Kysely writes it; nothing for one of another shape. An insert of one row is merged as it is. An update
 * is when its condition demands that some column which it does not set equals a parameter: those with different values
 * for it then concern different rows, and so mean the same one after the other and all at once.
 */
export function mergeable(sql: string): Mergeable | undefined {
  const bare = withoutTexts(sql);
  if (farSighted.test(bare)) return undefined;
  return mergeableInsert(sql, bare) ?? mergeableUpdate(sql, bare);
}

function mergeableInsert(sql: string, bare: string): Mergeable | undefined {
  const [, table, columns, found] = insertShape.exec(bare) ?? [];
  if (table === undefined) return undefined;
  const values = sql.slice(-found!.length - 1, -1);
  const many = (types: readonly string[]): string =>
    `insert into "${table}" ${columns} select ${placed(values)} from ${given(types)}`;
  return { table, key: undefined, many };
}

function mergeableUpdate(sql: string, bare: string): Mergeable | undefined {
  const [, table, bareSet, bareWhere] = updateShape.exec(bare) ?? [];
  if (table === undefined) return undefined;
  const key = keyOf(bareSet!, bareWhere!);
  if (key === undefined) return undefined;
  const whereAt = sql.length - bareWhere!.length;
  const setAt = whereAt - ' where '.length - bareSet!.length;
  const set = sql.slice(setAt, setAt + bareSet!.length);
  // One list of places for both parts, which belong on either side of `from`.
  const [setPlaced, wherePlaced] = placed(`${set}\n${sql.slice(whereAt)}`).split('\n');
  const many = (types: readonly string[]): string =>
    `with "done" as (update "${table}" set ${setPlaced} from ${given(types)} where ${wherePlaced} ` +
    `returning ${nameOf(key + 1)} as "key") select count(*) as "rows", count(distinct "key") as "keys" from "done"`;
  return { table, key, many };
}

/** The parameter that a column which is not set has to equal, whatever else the condition says. */
function keyOf(set: string, where: string): number | undefined {
  const conditions = topLevel(where, / and /gi);
  if (conditions.some(({ text }) => / or /i.test(topLevelOnly(text)))) return undefined;
  const isSet = new Set(topLevel(set, /, /g).map(({ text }) => /^"?(\w+)"? = /.exec(text)?.[1]));
  for (const { text, at } of conditions) {
    const column = /^"?(\w+)"? = \?$/.exec(text)?.[1];
    if (column !== undefined && !isSet.has(column)) return countOf(set) + countOf(where.slice(0, at));
  }
  return undefined;
}

/** The parts of a text between separators that stand in no parentheses. */
function topLevel(text: string, separator: RegExp): Array<{ text: string; at: number }> {
  const parts: Array<{ text: string; at: number }> = [];
  let at = 0;
  for (const { index, 0: found } of topLevelOnly(text).matchAll(separator)) {
    parts.push({ text: text.slice(at, index), at });
    at = index + found.length;
  }
  return [...parts, { text: text.slice(at), at }];
}

/** A text in which whatever stands in parentheses is blotted out, character by character. */
function topLevelOnly(text: string): string {
  let depth = 0;
  return text.replace(/[^]/g, (character) => {
    if (character === ')') depth -= 1;
    const shown = depth === 0 ? character : '_';
    if (character === '(') depth += 1;
    return shown;
  });
}

/** A statement in which the texts in quotes are blotted out, so that nothing in them is taken for a word of it. */
function withoutTexts(sql: string): string {
  return sql.replace(/'[^']*'/g, (text) => `'${'_'.repeat(text.length - 2)}'`);
}

function countOf(bare: string): number {
  return bare.split('?').length - 1;
}

/** Names that no column of a table has. */
function nameOf(place: number): string {
  return `"given ${place}"`;
}

function placed(sql: string): string {
  return withPlaces(sql, nameOf);
}

/** The values, as rows: one array for each parameter. */
function given(types: readonly string[]): string {
  const arrays = types.map((type) => `?::${type}[]`).join(', ');
  return `unnest(${arrays}) as "given" (${types.map((_, index) => nameOf(index + 1)).join(', ')})`;
}
