import type { MessagePort } from 'node:worker_threads';
import type { HandlerContext, HandlerLog, LeaseFacts } from '../../api/define-handler.ts';
import type { PoolMessage, ThreadMessage } from './messages.ts';

/** The context of one attempt inside its thread: what it says goes over the port, what comes over it is heeded. */
export class ThreadContext implements HandlerContext {
  readonly lease: LeaseFacts;
  readonly #port: MessagePort;
  readonly #aborter = new AbortController();
  readonly #emitting = new Map<number, PromiseWithResolvers<void>>();
  #lastId = 0;

  constructor(lease: LeaseFacts, port: MessagePort) {
    this.lease = lease;
    this.#port = port;
    port.on('message', (message: PoolMessage) => this.#received(message));
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  // Bound, so that handlers may take them out of the context.
  readonly progress = (value: unknown): void => this.#say({ type: 'progress', value });

  readonly emit = (chunk: string): Promise<void> => {
    const id = ++this.#lastId;
    const taken = Promise.withResolvers<void>();
    this.#emitting.set(id, taken);
    this.#say({ type: 'emit', id, chunk });
    return taken.promise;
  };

  readonly log: HandlerLog = {
    debug: (facts, message) => this.#say({ type: 'log', level: 'debug', facts, message }),
    info: (facts, message) => this.#say({ type: 'log', level: 'info', facts, message }),
    warn: (facts, message) => this.#say({ type: 'log', level: 'warn', facts, message }),
    error: (facts, message) => this.#say({ type: 'log', level: 'error', facts, message }),
  };

  #received(message: PoolMessage): void {
    if (message.type === 'abort') return this.#aborter.abort(new Error(message.reason));
    const { id, refused } = message;
    if (refused === undefined) this.#emitting.get(id)?.resolve();
    else this.#emitting.get(id)?.reject(new Error(refused));
    this.#emitting.delete(id);
  }

  /** @throws DataCloneError for what cannot be passed between threads, such as functions. */
  #say(message: ThreadMessage): void {
    this.#port.postMessage(message);
  }
}
