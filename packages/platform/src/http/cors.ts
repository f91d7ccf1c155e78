import type { IncomingMessage } from 'node:http';
import type { HeaderSink } from '../operations/index.ts';

const originPattern = /^https?:\/\/[^\s/?#*]+$/;
const exposedHeaders =
  'X-Correlation-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotency-Replayed';
const requestHeaders = 'Authorization, X-Api-Key, Content-Type, Idempotency-Key, X-Correlation-Id, Last-Event-ID';
const preflightKeptSeconds = 600;

/**
 * Which pages of browsers may call. None by default; those in the list by exact comparison. Credentials of the browser
 * (cookies) are never asked for: a key is sent by the page itself, or there is none.
 */
export class Cors {
  readonly #origins: ReadonlySet<string>;

  /** @throws Error for an origin with a wildcard or a path: it would never match, or match too much. */
  constructor(origins: readonly string[]) {
    for (const origin of origins)
      if (!originPattern.test(origin)) throw new Error(`${origin} is no origin; give it as https://host[:port]`);
    this.#origins = new Set(origins);
  }

  allows(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Whether a WebSocket may be opened: not from a browser, from a page of this very server, or of the list. */
  allowsUpgrade({ headers: { origin, host } }: IncomingMessage): boolean {
    return origin === undefined || this.allows(origin) || origin === `http://${host}` || origin === `https://${host}`;
  }

  answer(origin: string | undefined, headers: HeaderSink): void {
    if (this.#origins.size === 0) return;
    headers.header('Vary', 'Origin');
    if (origin === undefined || !this.allows(origin)) return;
    headers.header('Access-Control-Allow-Origin', origin);
    headers.header('Access-Control-Expose-Headers', exposedHeaders);
  }

  answerPreflight(origin: string | undefined, methods: readonly string[], headers: HeaderSink): void {
    if (origin === undefined || !this.allows(origin)) return;
    headers.header('Access-Control-Allow-Methods', methods.join(', '));
    headers.header('Access-Control-Allow-Headers', requestHeaders);
    headers.header('Access-Control-Max-Age', preflightKeptSeconds);
  }
}
