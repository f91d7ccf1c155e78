import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** Bytes held for a slow reader before the socket is paused. */
const highWaterBytes = 64 * 1024;
/** After the answer is complete: what may still come, and for how long, before the connection is given up. */
const restBytes = 64 * 1024;
const restMs = 1_000;

export interface ResponseHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/**
 * One request and its response on undici's dispatcher, read by pulling. The dispatcher is used directly because each
 * SSE event arrives as its own HTTP chunk: per chunk this is one push to an array, while the streams of `request` and
 * `fetch` cost several times that. Errors are undici's own, or the reason of the signal.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  #controller: Dispatcher.DispatchController | undefined;
  #head: ResponseHead | undefined;
  #buffers: Buffer[] = [];
  #bufferedBytes = 0;
  #ended = false;
  #error: unknown;
  #failed = false;
  #discarding = false;
  #restTimer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    if (signal.aborted) this.#cancelWith(signal.reason);
    else signal.addEventListener('abort', this.#onAbort);
  }

  /** Resolves when the status and headers have arrived. */
  async head(): Promise<ResponseHead> {
    while (this.#head === undefined) {
      if (this.#failed) throw this.#error;
      await this.#event();
    }
    return this.#head;
  }

  get answered(): boolean {
    return this.#head !== undefined;
  }

  /** The bytes that arrived since the last call, at least one piece; undefined at the end. */
  async read(): Promise<Buffer[] | undefined> {
    while (this.#buffers.length === 0) {
      if (this.#failed) throw this.#error;
      if (this.#ended) return undefined;
      await this.#event();
    }
    const buffers = this.#buffers;
    this.#buffers = [];
    this.#bufferedBytes = 0;
    this.#controller?.resume();
    return buffers;
  }

  /** The rest of the body as text; undefined when it is longer than `maxBytes`, and then the request is cancelled. */
  async text(maxBytes: number): Promise<string | undefined> {
    const all: Buffer[] = [];
    let sizeBytes = 0;
    for (let buffers = await this.read(); buffers !== undefined; buffers = await this.read()) {
      for (const buffer of buffers) sizeBytes += buffer.length;
      all.push(...buffers);
      if (sizeBytes <= maxBytes) continue;
      this.cancel();
      return undefined;
    }
    return all.length === 1 ? all[0]!.toString() : Buffer.concat(all).toString();
  }

  /** Ends the request now and closes its connection, unless the response is complete or `discardRest` was called. */
  cancel(): void {
    if (!this.#discarding) this.#giveUp();
  }

  /** For a reader that has all it wants: the connection stays usable if the response ends soon. */
  discardRest(): void {
    if (this.#ended || this.#failed) return;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#discarding = true;
    this.#bufferedBytes = 0;
    this.#controller?.resume();
    this.#restTimer = setTimeout(() => this.#giveUp(), restMs).unref();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Cancelled while it waited for a connection.
    if (this.#failed) controller.abort(asError(this.#error));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return; // informational: the answer is still to come
    this.#head = { status, headers };
    this.#notify();
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    this.#bufferedBytes += bytes.length;
    if (this.#discarding) {
      if (this.#bufferedBytes > restBytes) this.#giveUp();
      return;
    }
    this.#buffers.push(bytes);
    if (this.#bufferedBytes >= highWaterBytes) controller.pause();
    this.#notify();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#settle();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#failed) this.#fail(error);
  }

  readonly #onAbort = (): void => this.#cancelWith(this.#signal.reason);

  #giveUp(): void {
    if (!this.#ended && !this.#failed) this.#cancelWith(new Error('the reader no longer wants the response'));
  }

  #cancelWith(reason: unknown): void {
    this.#buffers = [];
    this.#fail(reason);
    this.#controller?.abort(asError(reason));
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
    this.#settle();
  }

  #settle(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    clearTimeout(this.#restTimer);
    this.#notify();
  }

  #event(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
