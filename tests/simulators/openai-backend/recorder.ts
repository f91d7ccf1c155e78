import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON body; absent for GET. */
  readonly body?: unknown;
  /** Remote port: equal for two requests on one kept-alive connection. */
  readonly remotePort: number;
  /** The client closed before the answer was complete. */
  aborted: boolean;
}

/** Keeps what a test may ask about afterwards. Counters are always exact; bodies are kept only when `keep` is set. */
export class Recorder {
  readonly requests: RecordedRequest[] = [];
  readonly stats = { requests: 0, chats: 0, aborted: 0, active: 0, highestConcurrency: 0, eventsWritten: 0 };
  readonly keep: boolean;
  readonly #happened = new EventEmitter().setMaxListeners(0);

  constructor(keep: boolean) {
    this.keep = keep;
  }

  began(request: RecordedRequest): void {
    this.stats.requests++;
    this.stats.active++;
    if (this.stats.active > this.stats.highestConcurrency) this.stats.highestConcurrency = this.stats.active;
    this.#happened.emit('under way');
    if (!this.keep) return;
    this.requests.push(request);
    this.#happened.emit('request', request);
  }

  /** Resolves when so many requests have been under way at once. */
  async underWay(count: number): Promise<void> {
    while (this.stats.highestConcurrency < count) await once(this.#happened, 'under way');
  }

  ended(request: RecordedRequest, complete: boolean): void {
    this.stats.active--;
    if (complete) return;
    this.stats.aborted++;
    request.aborted = true;
    this.#happened.emit('abort', request);
  }

  /** Resolves with the next request, or the next one that its client aborts. Ask before the act that causes it. */
  async next(what: 'request' | 'abort'): Promise<RecordedRequest> {
    const [request] = (await once(this.#happened, what)) as [RecordedRequest];
    return request;
  }
}
