/**
 * The output of a chat task.
 *
 * A whole answer travels as the backend's own text, not as a parsed object: the node parses it once to see that it is
 * an answer, and neither the hub nor the gateway has to parse or write it again. The client gets the backend's bytes.
 * Of a streamed answer the chunks have gone ahead, and the output is the summary.
 */
export type ChatOutput = WholeAnswer | StreamedAnswer;

export interface WholeAnswer {
  readonly streamed: false;
  /** JSON text of the answer; null when it has gone ahead in pieces, because it is longer than a result should be. */
  readonly completion: string | null;
  readonly pieces: number;
  readonly finishReason: string | null;
  readonly usage: ChatUsage | null;
  readonly durationMs: number;
}

export interface StreamedAnswer {
  readonly streamed: true;
  /** Of the first choice; null when the backend gave none. */
  readonly finishReason: string | null;
  /** Null when the backend reported none: it does so in a stream only when `stream_options.include_usage` asks for it. */
  readonly usage: ChatUsage | null;
  readonly chunks: number;
  /** From the start of the handler to the first chunk with a part of the answer in it; null when there was none. */
  readonly firstTokenMs: number | null;
  readonly durationMs: number;
}

/** Tokens as the backend counted them. */
export interface ChatUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}
