import { StorageUnavailable } from '@reeve/kernel';
import { Pool, type PoolConfig } from 'pg';
import type { Logger } from '../../log/logger.ts';
import { StatementFailed } from '../errors.ts';
import type { Reader } from '../group/writer.ts';
import type { BoundStatement, ReaderStatus, Row, SqlValue } from '../port.ts';
import { clientConfig } from './client-config.ts';
import { numbered } from './numbered.ts';
import { messageOf, storageReason } from './postgres-failure.ts';
import type { PostgresSettings } from './settings.ts';
import { toWire } from './values.ts';

/** Statements beyond these are sent with their text each time; each connection keeps the prepared ones in memory. */
const mostPrepared = 250;

interface KnownStatement {
  readonly text: string;
  readonly name: string | undefined;
}

/** Reads over a pool of connections. */
export class PoolReader implements Reader {
  readonly #pool: Pool;
  readonly #statements = new Map<string, KnownStatement>();

  constructor(url: string, { pool, statementTimeoutMs }: PostgresSettings, log: Logger | undefined) {
    const { connectionTimeoutMillis: _, ...config } = clientConfig(url, 'reader', statementTimeoutMs);
    const limits: PoolConfig = {
      min: pool.min,
      max: pool.max,
      connectionTimeoutMillis: pool.acquireTimeoutMs,
      idleTimeoutMillis: pool.idleTimeoutMs,
      maxLifetimeSeconds: pool.lifetimeMs / 1_000,
    };
    this.#pool = new Pool({ ...config, ...limits, query_timeout: statementTimeoutMs + 1_000 });
    // The pool drops a connection that is lost while idle, and makes another when one is wanted.
    this.#pool.on('error', (error) => log?.warn({ reason: error.message }, 'an idle database connection was lost'));
  }

  async read({ sql, params }: BoundStatement): Promise<Row[]> {
    const { name, text } = this.#statement(sql);
    const values = (params as readonly SqlValue[]).map(toWire); // nothing is looked for by a text that is stored sealed
    try {
      const { rows } = await this.#pool.query<Row>({ ...(name && { name }), text, values });
      return rows;
    } catch (error) {
      const reason = storageReason(error);
      if (reason !== undefined) throw StorageUnavailable.error(reason, { cause: error });
      throw StatementFailed.error(`${messageOf(error)}, in: ${sql}`, { cause: error });
    }
  }

  status(): ReaderStatus {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { inUse: totalCount - idle, idle, waiting };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  #statement(sql: string): KnownStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const number = this.#statements.size;
    const statement = { text: numbered(sql), name: number < mostPrepared ? `r${number}` : undefined };
    if (number < mostPrepared) this.#statements.set(sql, statement);
    return statement;
  }
}
