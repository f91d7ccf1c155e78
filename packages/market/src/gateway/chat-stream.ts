import type { ServerResponse } from 'node:http';

/** How long a client may take to fetch the rest of an answer that has ended; then its connection is cut. */
const lingerMs = 60_000;

export interface ChatStreamEvents {
  /** Called once, before the first byte: writes the head. */
  begin(): void;
  /** Called once, when the node sends something that is no chunk; nothing of it is passed on. */
  broken(): void;
}

/**
 * Writes an answer as server-sent events while it is made. Chunks are JSON texts and pass through as they are. The node
 * is given credit for a chunk only when the client's socket has room again, so a slow client slows its node and
 * nothing piles up in between.
 *
 * States: `waiting` → `open` with the first chunk → `over`. What a node still sends after that is dropped: it has not
 * heard yet that nobody wants it.
 */
export class ChatStream {
  readonly #response: ServerResponse;
  readonly #events: ChatStreamEvents;
  readonly #owed: { taken: (length: number) => void; length: number }[] = [];
  #state: 'waiting' | 'open' | 'over' = 'waiting';
  #blocked = false;
  #chunks = 0;

  constructor(response: ServerResponse, events: ChatStreamEvents) {
    this.#response = response;
    this.#events = events;
  }

  get begun(): boolean {
    return this.#chunks > 0;
  }

  /** Chunks passed on so far. */
  get chunkCount(): number {
    return this.#chunks;
  }

  readonly chunks = (data: readonly string[], taken: (length: number) => void): void => {
    if (this.#state === 'over') return;
    let text = '';
    let length = 0;
    for (const chunk of data) {
      if (!isChunk(chunk)) return this.#events.broken();
      text += `data: ${chunk}\n\n`;
      length += chunk.length;
    }
    this.#open();
    this.#chunks += data.length;
    this.#write(text, length, taken);
  };

  /** Ends a whole answer. */
  end(): void {
    this.#state = 'over';
    this.#finish('data: [DONE]\n\n');
  }

  /** Ends an answer that broke off: an error and no `[DONE]`, so that no client takes it for whole. */
  fail(error: object): void {
    this.#state = 'over';
    this.#finish(`data: ${JSON.stringify({ error })}\n\n`);
  }

  /** The request is answered otherwise; whatever comes now is dropped. */
  close(): void {
    this.#state = 'over';
  }

  #open(): void {
    if (this.#state === 'open') return;
    this.#state = 'open';
    this.#events.begin();
  }

  #write(text: string, length: number, taken: (length: number) => void): void {
    const room = this.#response.write(text);
    if (room && !this.#blocked) return taken(length);
    this.#owed.push({ taken, length });
    if (this.#blocked) return;
    this.#blocked = true;
    this.#response.once('drain', () => this.#drained());
  }

  #drained(): void {
    this.#blocked = false;
    for (const { taken, length } of this.#owed.splice(0)) taken(length);
  }

  /** A client that reads nothing any more must not keep its connection, and what waits for it, for ever. */
  #finish(text: string): void {
    const response = this.#response.end(text);
    if (response.writableFinished || response.destroyed) return;
    const timer = setTimeout(() => response.destroy(), lingerMs);
    response.once('close', () => clearTimeout(timer));
  }
}

/**
 * Whether a text can be one event: an object in one line. A node could otherwise end the event early and say things of
 * its own in the stream, a `[DONE]` among them.
 */
function isChunk(text: string): boolean {
  return text.startsWith('{') && !text.includes('\n') && !text.includes('\r');
}
