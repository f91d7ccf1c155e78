import type { UnitOutcome } from '../port.ts';

/** The units of one call on their way; they may be in several groups, and are answered together. */
export class CommitCall {
  readonly done: Promise<readonly UnitOutcome[]>;
  readonly #outcomes: UnitOutcome[] = [];
  readonly #resolve: (outcomes: readonly UnitOutcome[]) => void;
  #unanswered: number;

  constructor(unitCount: number) {
    const { promise, resolve } = Promise.withResolvers<readonly UnitOutcome[]>();
    this.done = promise;
    this.#resolve = resolve;
    this.#unanswered = unitCount;
    if (unitCount === 0) resolve(this.#outcomes);
  }

  answer(index: number, outcome: UnitOutcome): void {
    this.#outcomes[index] = outcome;
    if (--this.#unanswered === 0) this.#resolve(this.#outcomes);
  }
}
