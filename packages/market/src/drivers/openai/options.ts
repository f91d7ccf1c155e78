import { InvalidInput } from '@reeve/kernel';

/** Time-outs other than that of connecting may fire up to a second late: undici keeps one coarse timer for all. */
export interface OpenAiBackendOptions {
  /** Base URL as OpenAI clients want it: `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
  /** Until a connection stands. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** Until a stream begins to answer, and until short requests do: covers waiting in the backend. Default 30 s. */
  readonly firstByteTimeoutMs?: number;
  /** The longest silence within an answer. Default 30 s. */
  readonly idleTimeoutMs?: number;
  /**
   * Until a request that is not streamed answers. Its first byte comes with its last token, so this is the duration of
   * the whole generation: at 10 tokens a second, 2,000 tokens take over three minutes. Default 5 min.
   */
  readonly completionTimeoutMs?: number;
  /** The longest single event of a stream, and the longest answer that is not streamed. Default 8 MiB. */
  readonly maxAnswerBytes?: number;
}

export interface OpenAiSettings {
  readonly origin: string;
  /** Path of the base URL without a slash at its end: `/v1`. */
  readonly basePath: string;
  readonly name: string;
  readonly apiKey: string | undefined;
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly completionTimeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** @throws InvalidInput when the URL is none that a request can be sent to. */
export function settingsOf(options: OpenAiBackendOptions): OpenAiSettings {
  const url = baseUrl(options.url);
  return {
    origin: url.origin,
    basePath: url.pathname.replace(/\/+$/, ''),
    name: url.host,
    apiKey: options.apiKey,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    firstByteTimeoutMs: options.firstByteTimeoutMs ?? 30_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    completionTimeoutMs: options.completionTimeoutMs ?? 300_000,
    maxAnswerBytes: options.maxAnswerBytes ?? 8 * 1024 * 1024,
  };
}

function baseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw InvalidInput.error(`the backend URL must be http:// or https://, such as http://127.0.0.1:11434/v1`);
  }
  // Neither the text nor the URL is repeated in these messages: it may hold a password.
  if (url.username !== '' || url.password !== '') {
    throw InvalidInput.error('the backend URL must not hold a user or password; give the API key as its own option');
  }
  if (url.search !== '' || url.hash !== '') {
    throw InvalidInput.error('the backend URL must end with its path: no `?` and no `#`');
  }
  return url;
}
