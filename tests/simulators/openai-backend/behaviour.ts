/** Faults a real backend, or the network in front of it, shows; each is produced at the wire. */
type Fault =
  | 'rate-limited' // 429 with Retry-After
  | 'server-error' // 500 with an OpenAI error body
  | 'invalid-request' // 400 with an OpenAI error body
  | 'unauthorised' // 401
  | 'model-missing' // 404
  | 'redirect' // 302 to a login page
  | 'wrong-content-type' // 200 with an HTML page
  | 'not-json' // 200, content type JSON, body cut in the middle
  | 'stall-first-byte' // nothing is ever answered
  | 'stall-mid-stream' // `faultAfter` deltas, then silence
  | 'cut-mid-stream' // `faultAfter` deltas, then the socket is destroyed
  | 'end-mid-stream' // `faultAfter` deltas, then a clean end without finish_reason and [DONE]
  | 'error-chunk' // `faultAfter` deltas, then `data: {"error": …}`
  | 'garbage-chunk' // `faultAfter` deltas, then an event that is not JSON
  | 'no-done' // everything but [DONE]
  | 'more-after-done'; // a whole answer with [DONE], then one more delta and another [DONE]

/** How a request is answered. Everything has a default, so `{}` is a friendly backend. */
export interface Behaviour {
  /** Content deltas of an answer. */
  readonly tokens: number;
  /** Text of the answer; its words become the deltas. Without it a text of `tokens` words is made. */
  readonly content?: string;
  readonly firstByteDelayMs: number;
  /** Answers nobody before so many requests have come: all of them are then under way at once. */
  readonly untilRequests?: number;
  /** Pause between two writes; 0 writes as fast as the reader takes it. */
  readonly intervalMs: number;
  /** Deltas per write: 1 is what backends do, more is cheaper for load. */
  readonly burst: number;
  readonly fault?: Fault;
  /** Refuses each request with this status (400–499) and an OpenAI error body that names a parameter. */
  readonly refuseWith?: number;
  /** Only so many chat requests meet the fault, later ones are served; without it all do. */
  readonly faultTimes?: number;
  /** Deltas before a fault in mid-stream; −1: nothing at all, not even the chunk with the role. */
  readonly faultAfter: number;
  /** Pause between `[DONE]` and the end of the response, as behind some proxies. */
  readonly endDelayMs: number;
  readonly retryAfterSeconds: number;
  /** Refuses to be asked what a stream uses, as some strict servers do. */
  readonly refusesStreamOptions: boolean;
  /** Bytes per TCP write, each on its own turn of the event loop: splits events, lines and UTF-8 sequences. */
  readonly splitBytes?: number;
  readonly lineEnd: '\n' | '\r\n';
  /** A `: ping` comment before each event, as some proxies send to keep the connection open. */
  readonly comments: boolean;
  /** Goes on with an answer whose beginning it is given, instead of beginning anew. */
  readonly continues: boolean;
  /** Characters of one additional, huge delta. */
  readonly hugeDelta: number;
}

export const friendly: Behaviour = {
  tokens: 8,
  firstByteDelayMs: 0,
  intervalMs: 0,
  burst: 1,
  faultAfter: 3,
  endDelayMs: 0,
  retryAfterSeconds: 2,
  refusesStreamOptions: false,
  lineEnd: '\n',
  comments: false,
  continues: false,
  hugeDelta: 0,
};

/** The parts of a chat request that the simulator looks at. */
export interface ChatRequest {
  readonly model?: string;
  /** Of a text completion, in place of messages. */
  readonly prompt?: unknown;
  readonly messages?: ReadonlyArray<{ readonly role?: string; readonly content?: unknown }>;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly continue_final_message?: boolean;
  readonly n?: number;
  readonly tools?: ReadonlyArray<{ readonly function?: { readonly name?: string } }>;
  readonly tool_choice?: unknown;
  readonly response_format?: { readonly type?: string };
  readonly sim?: Partial<Behaviour>;
}

/**
 * A request can order its own behaviour, in rising precedence: the header `x-sim` (JSON), the body field `sim`
 * (object), a last message that starts with `/sim ` (JSON up to the end of the line), which any client can send.
 */
export function behaviourOf(base: Behaviour, request: ChatRequest, header: string | undefined): Behaviour {
  const last = request.messages?.at(-1)?.content;
  const spoken = typeof last === 'string' && last.startsWith('/sim ') ? last.slice(5).split('\n', 1)[0] : undefined;
  if (header === undefined && request.sim === undefined && spoken === undefined) return base;
  return { ...base, ...orders(header), ...request.sim, ...orders(spoken) };
}

function orders(text: string | undefined): Partial<Behaviour> {
  return text === undefined ? {} : (JSON.parse(text) as Partial<Behaviour>);
}
