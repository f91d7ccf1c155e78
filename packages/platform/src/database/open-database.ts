import { DatabaseUnusable } from './errors.ts';
import type { Database } from './port.ts';
import { openPostgres, type PostgresOptions } from './postgres/open-postgres.ts';
import { openSqlite, type SqliteOptions } from './sqlite/open-sqlite.ts';

export interface DatabaseOptions extends Omit<SqliteOptions, 'path'>, Pick<PostgresOptions, 'postgres'> {
  /** A path, `sqlite:<path>`, or `postgres://user:password@host:port/database`. */
  readonly url: string;
}

/**
 * Opens the database that a URL names.
 * @throws DatabaseUnusable for a scheme that is not known, and what opening throws.
 */
export async function openDatabase({ url, ...options }: DatabaseOptions): Promise<Database> {
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):(.*)$/i.exec(url) ?? [undefined, 'sqlite', url];
  if (scheme === 'sqlite' && rest) return openSqlite({ ...options, path: rest.replace(/^\/\/(?=\/)/, '') });
  if (scheme === 'postgres' || scheme === 'postgresql') return openPostgres({ ...options, url });
  throw DatabaseUnusable.error(
    `${scheme}: is no database this version knows; give a path, sqlite:<path> or postgres://host/database`,
  );
}
