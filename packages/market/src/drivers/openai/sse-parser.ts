import { BackendMalformed } from '../../node/errors.ts';

const lineFeed = 0x0a;

/**
 * Turns the bytes of a `text/event-stream` into the data of its events, however the bytes are cut. Bytes are decoded
 * only up to a line feed, which is never part of a longer UTF-8 sequence; the rest waits for the next piece. Lines end
 * with LF or CRLF; the lone CR, which the standard also permits, is not sent by any backend and not supported.
 *
 * The field `error`, unknown to the standard, counts as data: llama.cpp reports its failures that way.
 */
export class SseParser {
  readonly #maxEventBytes: number;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #data: string | undefined;
  #first = true;

  /** @param maxEventBytes a longer event is an error: without a limit one line could fill the memory. */
  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /** The events completed by `bytes`, in order. */
  push(bytes: Buffer): string[] {
    const lastLineFeed = bytes.lastIndexOf(lineFeed);
    if (lastLineFeed === -1) {
      this.#keep(bytes);
      return [];
    }
    const text = this.#decode(bytes.subarray(0, lastLineFeed + 1));
    if (lastLineFeed + 1 < bytes.length) this.#keep(bytes.subarray(lastLineFeed + 1));
    return this.#events(text);
  }

  /** To be called at the end of the stream: an event without the empty line after it, which the standard drops. */
  end(): string[] {
    const text = `${this.#decode(Buffer.alloc(0))}\n\n`;
    return this.#events(text);
  }

  #keep(bytes: Buffer): void {
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
    this.#limit(this.#restBytes);
  }

  #decode(bytes: Buffer): string {
    const whole = this.#rest.length === 0 ? bytes : Buffer.concat([...this.#rest, bytes]);
    this.#rest = [];
    this.#restBytes = 0;
    const text = whole.toString();
    if (!this.#first || text === '') return text;
    this.#first = false;
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }

  /** `text` is made of whole lines. */
  #events(text: string): string[] {
    const events: string[] = [];
    for (let start = 0; start < text.length;) {
      const lineEnd = text.indexOf('\n', start);
      const end = text.charCodeAt(lineEnd - 1) === 0x0d && lineEnd > start ? lineEnd - 1 : lineEnd;
      if (end > start) this.#line(text, start, end);
      else if (this.#data !== undefined) {
        events.push(this.#data);
        this.#data = undefined;
      }
      start = lineEnd + 1;
    }
    return events;
  }

  #line(text: string, start: number, end: number): void {
    const prefix = text.startsWith('data:', start) ? 5 : text.startsWith('error:', start) ? 6 : 0;
    if (prefix === 0) return; // a comment, or a field that chat streams do not use
    const from = start + prefix + (text.charCodeAt(start + prefix) === 0x20 ? 1 : 0);
    const value = text.slice(from, end);
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    this.#limit(this.#data.length);
  }

  #limit(sizeBytes: number): void {
    if (sizeBytes <= this.#maxEventBytes) return;
    throw BackendMalformed.error(`the backend sent an event of more than ${this.#maxEventBytes} bytes`);
  }
}
