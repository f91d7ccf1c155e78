/**
 * How `mini` cuts text: a word with the space before it, a run of punctuation with the space before it, or white space.
 * The pieces joined are the text again. None is longer than 24 characters, so that one token cannot stand for a page.
 */
const piece = /[ ]?[\p{L}\p{M}\p{N}_]{1,23}|[ ]?[^\s\p{L}\p{M}\p{N}_]{1,23}|\s/gu;

export function piecesOf(text: string): string[] {
  return text.match(piece) ?? [];
}

/** Pieces by number. Number 0 is no text: it stands before and after each paragraph. */
export class Vocabulary {
  static readonly boundary = 0;
  readonly #pieces: string[] = [''];
  readonly #ids = new Map<string, number>();

  get size(): number {
    return this.#pieces.length;
  }

  /** The number of a piece, which is added if it is new. */
  add(piece: string): number {
    const known = this.#ids.get(piece);
    if (known !== undefined) return known;
    this.#ids.set(piece, this.#pieces.length);
    return this.#pieces.push(piece) - 1;
  }

  idOf(piece: string): number | undefined {
    return this.#ids.get(piece);
  }

  textOf(id: number): string {
    return this.#pieces[id] ?? '';
  }
}
