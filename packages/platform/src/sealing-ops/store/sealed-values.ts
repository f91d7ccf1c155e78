import { sql, type RawBuilder } from 'kysely';
import type { Database, ParameterValue, UnitStatement } from '../../database/port.ts';
import { statementsFor } from '../../database/statement.ts';
import { placeOf, sealedUnder, SealedText, sealHeadLength } from '../../sealing/index.ts';
import type { SealedColumn } from '../sealed-column.ts';

const { compile } = statementsFor<Record<never, never>>();

export type KeyValues = ReadonlyArray<string | number>;

/** One sealed value without itself: where it is, and under which key. */
export interface SealedValue {
  readonly key: KeyValues;
  /** Nothing for a value that is not sealed. */
  readonly keyId: string | undefined;
}

/** One page of the sealed values of a column, in the order of their keys; only their beginnings are read. */
export async function readSealedValues(
  database: Database,
  { table, column, key }: SealedColumn,
  after: KeyValues,
  limit: number,
): Promise<SealedValue[]> {
  const keys = sql.join(key.map((name) => sql.ref(name)));
  const beyond = after.length === 0 ? sql`` : sql` and (${keys}) > (${sql.join(after)})`;
  const query = sql`select ${keys}, substr(${sql.ref(column)}, 1, ${sql.lit(sealHeadLength)}) as head
    from ${sql.table(table)} where ${sql.ref(column)} is not null${beyond} order by ${keys} limit ${limit}`;
  const rows = await database.read<Record<string, string | number>>(compile(() => query));
  return rows.map((row) => ({ key: key.map((name) => row[name]!), keyId: sealedUnder(String(row['head'])) }));
}

/** The stored text of one value; nothing when it is gone. */
export async function readStored(database: Database, where: SealedColumn, key: KeyValues): Promise<string | undefined> {
  const query = sql`select ${sql.ref(where.column)} as stored from ${sql.table(where.table)} where ${isRow(where, key)}`;
  const [row] = await database.read<{ stored: string | null }>(compile(() => query));
  return row?.stored ?? undefined;
}

/** Seals a value anew, unless it was written meanwhile: what is written is under the active key anyway. */
export function resealStatement(where: SealedColumn, key: KeyValues, stored: string, text: string): UnitStatement {
  const { table, column } = where;
  const sealed: ParameterValue = new SealedText(text, placeOf(table, column, ...key));
  return compile(
    () =>
      sql`update ${sql.table(table)} set ${sql.ref(column)} = ${sealed}
        where ${isRow(where, key)} and ${sql.ref(column)} = ${stored}`,
  );
}

function isRow({ key: names }: SealedColumn, key: KeyValues): RawBuilder<unknown> {
  return sql.join(
    names.map((name, index) => sql`${sql.ref(name)} = ${key[index]}`),
    sql` and `,
  );
}
