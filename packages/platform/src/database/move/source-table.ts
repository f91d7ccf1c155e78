import type { DatabaseSync } from 'node:sqlite';
import type { SqlValue } from '../port.ts';

/** A table as both databases have it. */
export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** By which its rows are read on both sides: the primary key, or all columns of a table that has none. */
  readonly order: readonly string[];
}

const recordOfMigrations = 'schema_migrations';

/** All tables of an embedded database but the record of its migrations, those that others refer to first. */
export function sourceTables(db: DatabaseSync): Table[] {
  const names = db
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid`,
    )
    .all() as Array<{ name: string }>;
  return names.filter(({ name }) => name !== recordOfMigrations).map(({ name }) => tableOf(db, name));
}

function tableOf(db: DatabaseSync, name: string): Table {
  const infos = db.prepare('SELECT name, pk FROM pragma_table_info(?)').all(name) as Array<{
    name: string;
    pk: number;
  }>;
  const columns = infos.map((column) => column.name);
  const key = infos.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  return { name, columns, order: key.length > 0 ? key.map((column) => column.name) : columns };
}

export function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name.replaceAll('"', '""')}"`).join(', ');
}

/** The query for all rows of a table in its order; what is null comes first, as SQLite has it. */
export function orderedQuery({ name, columns, order }: Table): string {
  const by = order.map((column) => `${quoted([column])} NULLS FIRST`).join(', ');
  return `SELECT ${quoted(columns)} FROM ${quoted([name])} ORDER BY ${by}`;
}

/** Rows one after the other, without holding the table in memory. */
export function* sourceRows(db: DatabaseSync, table: Table): Generator<readonly SqlValue[]> {
  const statement = db.prepare(orderedQuery(table));
  statement.setReturnArrays(true);
  yield* statement.iterate() as unknown as Iterable<readonly SqlValue[]>;
}
