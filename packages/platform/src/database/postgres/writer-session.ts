import { Client } from 'pg';
import { DatabaseInUse } from '../errors.ts';
import { addressOf, clientConfig } from './client-config.ts';
import { lockSpace, writerLock } from './locks.ts';
import { numbered } from './numbered.ts';
import { Pipeline, type Call, type PipelineAnswer, type SessionStatement } from './pipeline.ts';
import type { PostgresSettings } from './settings.ts';

const lockNotAvailable = '55P03';
/** How much longer than the server's own limit an answer may take before the connection is given up. */
const graceMs = 1_000;

/**
 * The one connection that writes, and the lock that makes it the only one: an advisory lock of its session, which the
 * server drops when the connection ends, however it ends. It needs a connection of its own from end to end: a pooler
 * that hands sessions round between transactions would hand the lock round too.
 */
export class WriterSession {
  readonly #client: Client;
  readonly #answerTimeoutMs: number;
  readonly #statements = new Map<string, SessionStatement>();
  /** Why the connection is of no use any more. */
  #lost: Error | undefined;
  #answer: ((answer: PipelineAnswer) => void) | undefined;

  private constructor(client: Client, answerTimeoutMs: number) {
    this.#client = client;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  /**
   * Connects, and takes the lock.
   * @param onLost called once when the connection is lost while nothing is under way.
   * @throws DatabaseInUse, and what connecting throws.
   */
  static async open(url: string, settings: PostgresSettings, onLost: (error: Error) => void): Promise<WriterSession> {
    const { statementTimeoutMs, lockTimeoutMs } = settings;
    const client = new Client(clientConfig(url, 'writer', statementTimeoutMs));
    const session = new WriterSession(client, statementTimeoutMs + graceMs);
    client.on('error', (error) => session.#end(error, onLost));
    client.on('end', () => session.#end(new Error('the connection was closed'), onLost));
    try {
      await client.connect();
      await lockForWriting(client, url, lockTimeoutMs);
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The connection itself, for what is no unit of work: migrations. */
  get client(): Client {
    return this.#client;
  }

  /** Process of the server that serves this connection. */
  get processId(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** A statement of this session, by its text with `?` as placeholders. */
  statement(sql: string): SessionStatement {
    let known = this.#statements.get(sql);
    if (known === undefined) {
      const name = `s${this.#statements.size}`;
      known = { name, text: sql, sql: numbered(sql), prepared: false, types: undefined, columns: undefined };
      this.#statements.set(sql, known);
    }
    return known;
  }

  /** Sends calls in one trip. Never rejects; a lost connection is the error of the answer. One at a time. */
  run(calls: readonly Call[]): Promise<PipelineAnswer> {
    if (this.#lost) return Promise.resolve({ results: [], error: this.#lost });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(), this.#answerTimeoutMs + calls.length);
      this.#answer = (answer) => {
        clearTimeout(timer);
        this.#answer = undefined;
        resolve(answer);
      };
      this.#client.query(new Pipeline(calls, (answer) => this.#answer?.(answer)));
    });
  }

  async close(): Promise<void> {
    this.#lost ??= new Error('the connection was closed');
    await this.#client.end().catch(() => {}); // it was never made, or is gone already
  }

  #giveUp(): void {
    this.#client.connection.stream.destroy(new Error(`no answer within ${this.#answerTimeoutMs} ms`));
  }

  #end(error: Error, onLost: (error: Error) => void): void {
    if (this.#lost) return;
    this.#lost = error;
    if (this.#answer) this.#answer({ results: [], error });
    else onLost(error);
  }
}

/** @throws DatabaseInUse when another process has the lock and does not let go of it in time. */
async function lockForWriting(client: Client, url: string, lockTimeoutMs: number): Promise<void> {
  await client.query(`SET lock_timeout = ${lockTimeoutMs}`);
  try {
    await client.query(`SELECT pg_advisory_lock(${lockSpace}, ${writerLock})`);
  } catch (error) {
    if ((error as { code?: string }).code !== lockNotAvailable) throw error;
    throw await inUse(client, url);
  }
  await client.query('RESET lock_timeout');
}

async function inUse(client: Client, url: string): Promise<Error> {
  const { rows } = await client.query<{ application_name: string; client_addr: string | null }>(
    `SELECT application_name, client_addr::text FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND classid = ${lockSpace} AND objid = ${writerLock} AND granted
        AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  const [holder] = rows;
  const who = holder ? `${holder.application_name} (${holder.client_addr ?? 'this machine'})` : 'another process';
  return DatabaseInUse.error(`${addressOf(url)} is open for writing in ${who}; stop it or use another database`, {
    details: { holder: holder?.application_name ?? null, address: holder?.client_addr ?? null },
  });
}
