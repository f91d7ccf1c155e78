import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { StatementText } from '../../group/messages.ts';

export interface PreparedStatement {
  readonly statement: StatementSync;
  /** Whether running it yields rows: a RETURNING clause, or a SELECT that a unit checks something with. */
  readonly returnsRows: boolean;
}

const mostPrepared = 500;

/** Statements by the id under which the calling side sent their text once; prepared on first use. */
export class StatementCache {
  readonly #db: DatabaseSync;
  readonly #texts = new Map<number, string>();
  readonly #prepared = new Map<number, PreparedStatement>();

  constructor(db: DatabaseSync, texts: readonly StatementText[]) {
    this.#db = db;
    for (const text of texts) this.register(text);
  }

  register([id, sql]: StatementText): void {
    this.#texts.set(id, sql);
  }

  /** Whether it returns rows as far as is known: true before it was prepared for the first time. */
  mayReturnRows(id: number): boolean {
    return this.#prepared.get(id)?.returnsRows ?? true;
  }

  /** @throws the error of preparing: no such table, a syntax error. */
  get(id: number): PreparedStatement {
    return this.#prepared.get(id) ?? this.#prepare(id);
  }

  #prepare(id: number): PreparedStatement {
    const sql = this.#texts.get(id);
    if (sql === undefined) throw new Error(`statement ${id} was never registered`);
    const statement = this.#db.prepare(sql);
    const prepared = { statement, returnsRows: statement.columns().length > 0 };
    if (this.#prepared.size >= mostPrepared) this.#prepared.delete(this.#prepared.keys().next().value!);
    this.#prepared.set(id, prepared);
    return prepared;
  }
}
