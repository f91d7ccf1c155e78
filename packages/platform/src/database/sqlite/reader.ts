import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StorageUnavailable } from '@reeve/kernel';
import { integersForSqlite, type BindValue } from '../bind.ts';
import { StatementFailed } from '../errors.ts';
import type { Reader } from '../group/writer.ts';
import type { BoundStatement, Row, SqlValue } from '../port.ts';
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
  readonly #prepared = new Map<string, StatementSync>();

  constructor(path: string, cacheBytes: number) {
    this.#db = new DatabaseSync(path, { readOnly: true, timeout: busyTimeoutMs });
    this.#db.exec(`PRAGMA cache_size = ${-Math.ceil(cacheBytes / 1024)}; PRAGMA query_only = ON`);
  }

  /** @throws StatementFailed, StorageUnavailable */
  read({ sql, params }: BoundStatement): Row[] {
    const values: BindValue[] = params.slice() as SqlValue[]; // nothing is looked for by a text that is stored sealed
    integersForSqlite(values);
    try {
      return this.#statement(sql).all(...values) as unknown as Row[];
    } catch (error) {
      const reason = storageReason(error);
      if (reason !== undefined) throw StorageUnavailable.error(reason, { cause: error });
      throw StatementFailed.error(`${messageOf(error)}, in: ${sql}`, { cause: error });
    }
  }

  close(): void {
    this.#prepared.clear();
    this.#db.close();
  }

  /** The least recently used statement is forgotten when there are too many. */
  #statement(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) this.#prepared.delete(sql);
    else if (this.#prepared.size >= mostPrepared) this.#prepared.delete(this.#prepared.keys().next().value!);
    const statement = known ?? this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }
}
