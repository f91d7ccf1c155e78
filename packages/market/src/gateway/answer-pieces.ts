/** The longest answer that is taken in as a whole, in UTF-16 units; as much as a node takes from its backend. */
const longestAnswer = 8 * 1024 * 1024;

/** Collects an answer that comes in pieces because it is longer than a result may be. */
export class AnswerPieces {
  readonly #broken: () => void;
  #pieces: string[] = [];
  #length = 0;

  /** @param broken called when more comes than an answer may be; what was collected is let go. */
  constructor(broken: () => void) {
    this.#broken = broken;
  }

  get count(): number {
    return this.#pieces.length;
  }

  get text(): string {
    return this.#pieces.join('');
  }

  readonly chunks = (data: readonly string[], taken: (length: number) => void): void => {
    const length = data.reduce((sum, piece) => sum + piece.length, 0);
    this.#length += length;
    if (this.#length > longestAnswer) {
      this.#pieces = [];
      return this.#broken();
    }
    this.#pieces.push(...data);
    taken(length);
  };
}
