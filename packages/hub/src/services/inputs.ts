import type { Database, Logger } from '@reeve/platform';
import type { LiveTask } from '../domain/live.ts';
import { openInput } from '../store/payloads.ts';
import { selectInput } from '../store/read-tasks.ts';

/** Reads inputs that were not kept in memory. */
export class Inputs {
  readonly #database: Database;
  readonly #log: Logger;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  /** Calls back with the JSON text, or with `undefined` when it could not be read. */
  load(task: LiveTask, done: (input: string | undefined) => void): void {
    this.#read(task.seq).then(done, (error: unknown) => {
      this.#log.error({ taskId: task.id, err: error }, 'an input could not be read');
      done(undefined);
    });
  }

  async #read(seq: number): Promise<string | undefined> {
    const [row] = await this.#database.read<{ input: string }>(selectInput.bind({ seq }));
    return row && openInput(this.#database, seq, row.input);
  }
}
