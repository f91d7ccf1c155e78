import { createHash } from 'node:crypto';
import { DatabaseNewer, MigrationChanged } from './errors.ts';

/**
 * One step forward of a package's tables; never edited once released: a change is a new migration.
 * Numbers count from 1 without gaps within a package; packages are applied in the order in which they are given.
 */
export interface Migration {
  readonly package: string;
  readonly number: number;
  readonly name: string;
  /** SQL statements, one each. No deferred constraints: they would fail a commit that many units share. */
  readonly up: readonly string[];
  /** What PostgreSQL is told besides: how to lay out what `up` made, never what there is. */
  readonly layout?: readonly string[];
}

/** A migration as the database remembers it. */
export interface AppliedMigration {
  readonly package: string;
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

/** Everything that a server is told. */
export function serverStatements({ up, layout = [] }: Migration): readonly string[] {
  return [...up, ...layout];
}

/** Over the statements with runs of white space made one, so that re-indenting a migration does not change it. */
export function migrationChecksum(migration: Migration): string {
  const texts = serverStatements(migration).map((statement) => statement.replace(/\s+/g, ' ').trim());
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex');
}

/**
 * Which of the known migrations are still to be applied, in order. Packages that the database knows and this program
 * does not are left alone: a tool may open a database with fewer modules than the server has.
 * @throws MigrationChanged, DatabaseNewer
 */
export function pendingMigrations(known: readonly Migration[], applied: readonly AppliedMigration[]): Migration[] {
  assertNumbered(known);
  const packages = new Set(known.map((migration) => migration.package));
  const byKey = new Map(known.map((migration) => [keyOf(migration), migration]));
  for (const record of applied) if (packages.has(record.package)) assertSame(record, byKey.get(keyOf(record)));
  const done = new Set(applied.map(keyOf));
  return known.filter((migration) => !done.has(keyOf(migration)));
}

function keyOf(migration: { readonly package: string; readonly number: number }): string {
  return `${migration.package}/${migration.number}`;
}

function assertSame(record: AppliedMigration, migration: Migration | undefined): void {
  if (migration === undefined)
    throw DatabaseNewer.error(
      `the database has migration ${keyOf(record)} (${record.name}), which this version does not know; start the newer version`,
      { details: { package: record.package, number: record.number, name: record.name } },
    );
  if (migrationChecksum(migration) !== record.checksum)
    throw MigrationChanged.error(
      `migration ${keyOf(record)} (${record.name}) was applied with another text; restore it and add a new migration`,
      { details: { package: record.package, number: record.number, name: record.name } },
    );
}

/** @throws Error for numbers that do not count 1, 2, 3 … within a package, and for deferred constraints: both are defects. */
function assertNumbered(known: readonly Migration[]): void {
  const last = new Map<string, number>();
  for (const migration of known) {
    const expected = (last.get(migration.package) ?? 0) + 1;
    if (migration.number !== expected)
      throw new Error(`migration ${keyOf(migration)} must have number ${expected}: they count without gaps`);
    if (migration.up.some((statement) => /\bdeferrable\s+initially\s+deferred\b/i.test(statement)))
      throw new Error(`migration ${keyOf(migration)} defers a constraint, which would fail other units' commits`);
    last.set(migration.package, expected);
  }
}
