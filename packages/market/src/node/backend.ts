/**
 * What a market node needs from whatever runs the model. Two drivers implement it (`drivers/openai`, `drivers/mini`);
 * one conformance suite holds for both.
 */
export interface Backend extends AsyncDisposable {
  /** For logs and people, such as `127.0.0.1:11434`; never holds a credential. */
  readonly name: string;
  /** The models it can serve right now. */
  models(signal: AbortSignal): Promise<BackendModel[]>;
  /** The whole answer: the text of one JSON object as it came. The handler, which parses it, checks it. */
  answer(body: ModelBody, signal: AbortSignal, traceparent?: string): Promise<string>;
  /**
   * The answer in pieces: the text of each chunk in order, each one line of JSON, without `[DONE]`.
   *
   * Reading pulls: when the reader pauses, so does the backend's socket, within one socket buffer. The iteration ends
   * only when the backend said that it was finished; a stream that merely stops is an error, never an end. Leaving the
   * loop early ends the request at the backend at once.
   *
   * Errors carry the class of their cause, also in mid-stream. That nothing may be tried again once a chunk has been
   * passed on is the rule of the one who passes it on (`chat-handler.ts`).
   */
  answerStream(body: ModelBody, signal: AbortSignal, traceparent?: string): AsyncIterable<string>;
  /** Ends open requests and connections. Idempotent. */
  close(): Promise<void>;
}

export interface BackendModel {
  /** As the backend wants it in `model`. */
  readonly id: string;
  /** The longest prompt and answer together, when the backend says so. */
  readonly contextTokens?: number;
  readonly ownedBy?: string;
}

/**
 * A parsed request body of one of OpenAI's endpoints; which one, its content says (`endpointOf`). Only what a node looks at is named; every other field goes to
 * the backend as it came, so that backends may grow parameters we do not know.
 */
export interface ModelBody {
  readonly model: string;
  readonly messages?: readonly unknown[];
  readonly prompt?: unknown;
  readonly input?: unknown;
  readonly stream?: boolean;
  readonly [field: string]: unknown;
}

/** Where a body goes, below the base URL; undefined when it is no request to a model. */
export function endpointOf(body: object): '/chat/completions' | '/completions' | '/embeddings' | undefined {
  if ('messages' in body) return Array.isArray(body.messages) ? '/chat/completions' : undefined;
  if ('prompt' in body) return '/completions';
  return 'input' in body ? '/embeddings' : undefined;
}
