import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StorageUnavailable } from '@reeve/kernel';
import { integersForSqlite, type BindValue } from '../bind.ts';
import { StatementFailed } from '../errors.ts';
import type { Reader } from '../group/writer.ts';
import type { BoundStatement, ReaderStatus, Row, SqlValue } from '../port.ts';
import { messageOf, storageReason } from './worker/sqlite-failure.ts';

const mostPrepared = 250;

/**
 * In WAL mode a reader waits for nobody but a program that takes the whole file; the calling thread stands still
 * meanwhile, so it does not wait for long.
 */
const busyTimeoutMs = 100;

/** The connection that reads, on the calling thread: a query by key costs less than the way to another thread. */
export class SqliteReader implements Reader {
  readonly #db: DatabaseSync;
  readonly #prepared = new Map<string, PreparedQuery>();

  constructor(path: string, cacheBytes: number) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    this.#db.exec(`PRAGMA cache_size = ${-Math.ceil(cacheBytes / 1024)}; PRAGMA query_only = ON`);
  }

  /** @throws StatementFailed, StorageUnavailable */
  read({ sql, params }: BoundStatement): Row[] {
    const values: BindValue[] = params.slice() as SqlValue[]; // nothing is looked for by a text that is stored sealed
    integersForSqlite(values);
    try {
      const { statement, columns } = this.#query(sql);
      const rows = statement.all(...values) as unknown as SqlValue[][];
      return rows.map((row) => named(columns, row));
    } catch (error) {
      const reason = storageReason(error);
      if (reason !== undefined) throw StorageUnavailable.error(reason, { cause: error });
      throw StatementFailed.error(`${messageOf(error)}, in: ${sql}`, { cause: error });
    }
  }

  status(): ReaderStatus {
    return { inUse: 0, idle: 1, waiting: 0 };
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  /** The least recently used statement is forgotten when there are too many. */
  #query(sql: string): PreparedQuery {
    const known = this.#prepared.get(sql);
    if (known !== undefined) this.#prepared.delete(sql);
    else if (this.#prepared.size >= mostPrepared) this.#prepared.delete(this.#prepared.keys().next().value!);
    const query = known ?? prepare(this.#db, sql);
    this.#prepared.set(sql, query);
    return query;
  }
}

interface PreparedQuery {
  readonly statement: StatementSync;
  readonly columns: readonly string[];
}

function prepare(db: DatabaseSync, sql: string): PreparedQuery {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return { statement, columns: statement.columns().map(({ name }) => name) };
}

/**
 * Made here, a row is an object like any other; made by `node:sqlite` it is a dictionary, dearer to make and to read: 3 µs
 * of 7 for each task of a start with many, on a busy machine.
 */
function named(columns: readonly string[], values: readonly SqlValue[]): Row {
  const row: Row = {};
  for (let index = 0; index < columns.length; index++) row[columns[index]!] = values[index]!;
  return row;
}
