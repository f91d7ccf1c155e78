import type { Client } from 'pg';
import { DatabaseInUse } from '../errors.ts';

const count = `INSERT INTO platform_state (key, value) VALUES ('writer_epoch', '1')
  ON CONFLICT (key) DO UPDATE SET value = (platform_state.value::bigint + 1)::text RETURNING value`;
const current = `SELECT value FROM platform_state WHERE key = 'writer_epoch'`;

/**
 * Counts the processes that have written this database, one after the other. A process that lost its connection lost its
 * lock too: if another took it, what this one holds in memory is no longer the state of the record, and it must not
 * write any more, even after that other has gone.
 */
export class WriterEpoch {
  readonly #epoch: string;

  private constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** Counts this process; the connection holds the lock. */
  static async begin(client: Client): Promise<WriterEpoch> {
    const { rows } = await client.query<{ value: string }>(count);
    return new WriterEpoch(rows[0]!.value);
  }

  /** @throws DatabaseInUse when another process has written since. */
  async assertUnchanged(client: Client): Promise<void> {
    const { rows } = await client.query<{ value: string }>(current);
    if (rows[0]?.value === this.#epoch) return;
    throw DatabaseInUse.error('another process has taken the database over; start this one again to take it back');
  }
}
