import type { DatabaseSync, StatementSync } from 'node:sqlite';

/**
 * Copies the write-ahead log into the database file between two groups, after the answers were sent, so that no unit
 * waits for it. A reader that holds the log makes it grow; SQLite starts the log over as soon as the reader lets go.
 */
export class Checkpointer {
  readonly #passive: StatementSync;
  readonly #size: StatementSync;
  readonly #truncate: StatementSync;
  readonly #fromPages: number;

  constructor(db: DatabaseSync, fromPages: number) {
    this.#fromPages = fromPages;
    this.#size = db.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#passive = db.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    this.#truncate = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** @returns pages still waiting in the log. */
  afterGroup(): number {
    const waiting = waitingPages(this.#size);
    return waiting < this.#fromPages ? waiting : waitingPages(this.#passive);
  }

  /** Empties the log and gives its space back: at the end, and when the disk is full. */
  truncate(): void {
    this.#truncate.get();
  }
}

function waitingPages(statement: StatementSync): number {
  const row = statement.get() as { log: number; checkpointed: number };
  return row.log - row.checkpointed;
}
