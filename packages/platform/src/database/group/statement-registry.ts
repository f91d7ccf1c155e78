import { StatementFailed } from '../errors.ts';
import type { StatementText } from './messages.ts';

const mostTexts = 2_000;
const notInUnits = /^\s*(begin|commit|end|rollback|savepoint|release|pragma|attach|detach|vacuum)\b/i;

/** Gives each statement text a number, so that the text goes to the writer once. */
export class StatementRegistry {
  readonly #ids = new Map<string, number>();
  readonly #announce: (text: StatementText) => void;

  constructor(announce: (text: StatementText) => void) {
    this.#announce = announce;
  }

  /** @throws StatementFailed for a text that would break the unit's atomicity, or when texts are without number. */
  readonly idOf = (sql: string): number => this.#ids.get(sql) ?? this.#register(sql);

  all(): StatementText[] {
    return [...this.#ids].map(([sql, id]) => [id, sql]);
  }

  #register(sql: string): number {
    if (notInUnits.test(sql)) throw StatementFailed.error(`a unit cannot contain this statement: ${sql}`);
    if (this.#ids.size >= mostTexts)
      throw StatementFailed.error(
        `more than ${mostTexts} different statement texts: put values into parameters, not into: ${sql}`,
      );
    const id = this.#ids.size + 1;
    this.#ids.set(sql, id);
    this.#announce([id, sql]);
    return id;
  }
}
