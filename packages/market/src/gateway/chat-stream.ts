import type { ServerResponse } from 'node:http';

/**
 * Writes an answer as server-sent events while it is made. Chunks are JSON texts and pass through as they are. The node
 * is given credit for a chunk only when the client's socket has room again, so a slow client slows its node and
 * nothing piles up in between.
 */
export class ChatStream {
  readonly #response: ServerResponse;
  readonly #begin: () => void;
  readonly #owed: { taken: (length: number) => void; length: number }[] = [];
  #begun = false;
  #blocked = false;

  /** @param begin called once, before the first byte: writes the head. */
  constructor(response: ServerResponse, begin: () => void) {
    this.#response = response;
    this.#begin = begin;
  }

  get begun(): boolean {
    return this.#begun;
  }

  readonly chunks = (data: readonly string[], taken: (length: number) => void): void => {
    this.#ensureBegun();
    let text = '';
    let length = 0;
    for (const chunk of data) {
      text += `data: ${chunk}\n\n`;
      length += chunk.length;
    }
    const room = this.#response.write(text);
    if (room && !this.#blocked) return taken(length);
    this.#owed.push({ taken, length });
    if (this.#blocked) return;
    this.#blocked = true;
    this.#response.once('drain', () => this.#drained());
  };

  /** Ends a whole answer. */
  end(): void {
    this.#ensureBegun();
    this.#response.end('data: [DONE]\n\n');
  }

  /** Ends an answer that broke off: an error and no `[DONE]`, so that no client takes it for whole. */
  fail(error: object): void {
    this.#response.end(`data: ${JSON.stringify({ error })}\n\n`);
  }

  #ensureBegun(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#begin();
  }

  #drained(): void {
    this.#blocked = false;
    for (const { taken, length } of this.#owed.splice(0)) taken(length);
  }
}
