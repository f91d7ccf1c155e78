import { ReeveError } from '@reeve/kernel';
import { Pool } from 'undici';
import { Exchange, type ResponseHead } from './exchange.ts';
import type { OpenAiSettings } from './options.ts';
import { refusalOf } from './refusal.ts';
import { transportErrorOf } from './transport-error.ts';

/** Error bodies are read this far. */
const maxRefusalBytes = 64 * 1024;

/** One request to send; `path` is below the base URL. */
export interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
  readonly accept: 'application/json' | 'text/event-stream';
  /** Until status and headers arrive. */
  readonly answerTimeoutMs: number;
  /** W3C Trace Context, where the request is traced. */
  readonly traceparent?: string | undefined;
}

/** What a call is made for. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly traceparent: string | undefined;
}

/** Requests to one backend over kept-alive connections, as many at once as are asked for: the backend does the queueing. */
export class Connection {
  readonly settings: OpenAiSettings;
  readonly #pool: Pool;

  constructor(settings: OpenAiSettings) {
    this.settings = settings;
    this.#pool = new Pool(settings.origin, {
      connections: null,
      pipelining: 1,
      // One request per connection: cancelling one destroys its socket, which every backend notices.
      allowH2: false,
      connect: { timeout: settings.connectTimeoutMs },
    });
  }

  send(call: Call, signal: AbortSignal): Exchange {
    const { basePath, apiKey, idleTimeoutMs } = this.settings;
    const headers: Record<string, string> = { accept: call.accept, 'user-agent': 'reeve-node' };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (apiKey !== undefined) headers['authorization'] = `Bearer ${apiKey}`;
    if (call.traceparent !== undefined) headers['traceparent'] = call.traceparent;
    const exchange = new Exchange(signal);
    this.#pool.dispatch(
      {
        method: call.method,
        path: basePath + call.path,
        headers,
        body: call.body ?? null,
        headersTimeout: call.answerTimeoutMs,
        bodyTimeout: idleTimeoutMs,
      },
      exchange,
    );
    return exchange;
  }

  /** Waits for the head and insists on 200. @throws the typed error of a refusal. */
  async accepted(exchange: Exchange): Promise<ResponseHead> {
    const head = await exchange.head();
    if (head.status === 200) return head;
    const body = await exchange.text(maxRefusalBytes);
    throw refusalOf(this.settings.name, head, body ?? '');
  }

  /** Runs `work` on an exchange, gives what it throws its type, and leaves no request behind. */
  async using<Result>(exchange: Exchange, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw this.typed(error, exchange, signal);
    } finally {
      exchange.cancel();
    }
  }

  /** What to throw for `error`: after an abort its reason, whatever the abort made fail. */
  typed(error: unknown, exchange: Exchange, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ReeveError) return error;
    return transportErrorOf(this.settings, error, exchange.answered);
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
