import { asReeveError, InvalidInput, TooLarge, type ReeveError } from '@reeve/kernel';
import { parseJsonBody } from './body.ts';

/** One line of a stream: its number, from 1 and blank lines counted, and its value or why it has none. */
export type TakenLine<Value = unknown> =
  { readonly number: number; readonly value: Value } | { readonly number: number; readonly error: ReeveError };

const newLine = 10;

/**
 * Reads NDJSON as it comes: each batch is what one piece of the body completed, so that memory holds one piece and one
 * unfinished line, never the stream. A line beyond the limit is passed over and reported; blank ones are passed over.
 */
export async function* jsonLines(body: AsyncIterable<Uint8Array>, lineLimitBytes: number): AsyncGenerator<TakenLine[]> {
  const unfinished = new UnfinishedLine(lineLimitBytes);
  let number = 0;
  for await (const piece of body) {
    const batch: TakenLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(newLine); end >= 0; end = piece.indexOf(newLine, start)) {
      unfinished.add(piece.subarray(start, end));
      start = end + 1;
      take(unfinished, ++number, batch);
    }
    unfinished.add(piece.subarray(start));
    if (batch.length > 0) yield batch;
  }
  const last: TakenLine[] = [];
  take(unfinished, ++number, last);
  if (last.length > 0) yield last;
}

function take(unfinished: UnfinishedLine, number: number, batch: TakenLine[]): void {
  try {
    const text = unfinished.end();
    if (text.trim() !== '') batch.push({ number, value: parseJsonBody(text) });
  } catch (error) {
    batch.push({ number, error: asReeveError(error) });
  }
}

/** The pieces of a line whose end has not come; keeps no more of it than the limit. */
class UnfinishedLine {
  readonly #limitBytes: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  add(piece: Uint8Array): void {
    this.#sizeBytes += piece.length;
    if (this.#sizeBytes > this.#limitBytes) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  /** @throws TooLarge, InvalidInput */
  end(): string {
    const [pieces, sizeBytes] = [this.#pieces, this.#sizeBytes];
    [this.#pieces, this.#sizeBytes] = [[], 0];
    if (sizeBytes > this.#limitBytes)
      throw TooLarge.error(`the line has ${sizeBytes} bytes; at most ${this.#limitBytes} are read`);
    try {
      return this.#decoder.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces));
    } catch (cause) {
      throw InvalidInput.error('the line is not UTF-8', { cause });
    }
  }
}
