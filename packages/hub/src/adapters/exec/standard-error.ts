import type { Readable } from 'node:stream';

/** What of one line is looked at, and how much is kept for the error. */
const lineUnits = 1_000;
const tailUnits = 4_000;

/**
 * Reads what a command says about itself: each line goes to `onLine`, the end of it all is kept, for it usually says
 * why the command failed.
 */
export class StandardError {
  #tail = '';
  readonly #onLine: (line: string) => void;

  constructor(stream: Readable, onLine: (line: string) => void) {
    this.#onLine = onLine;
    let rest = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop()!.slice(0, lineUnits);
      for (const line of lines) this.#take(line);
    });
    stream.on('end', () => rest !== '' && this.#take(rest));
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    const kept = line.slice(0, lineUnits);
    this.#tail = `${this.#tail}${kept}\n`.slice(-tailUnits);
    this.#onLine(kept);
  }

  get tail(): string {
    return this.#tail;
  }

  /** The last line, which most programs end on when they fail. */
  get lastLine(): string | undefined {
    return this.#tail.trimEnd().split('\n').at(-1) || undefined;
  }
}
