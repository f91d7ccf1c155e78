/*
 * How many tokens a text can have at most, without its tokenizer. Tokenizers cut bytes into pieces, and no piece is
 * empty: a text has no more tokens than bytes, beside those that stand for no text, such as the end of a turn.
 */

/** Tokens of a template around a prompt and around each message, generously. */
const [templateTokens, messageTokens] = [512, 32];
/** Tokens without text in an answer, beside one for each piece of a stream. */
const silentTokens = 32;

/** Members of an answer, or of a piece of one, that hold what the model wrote. */
const written = /"(?:content|text|reasoning|reasoning_content|refusal|arguments|name)"\s*:\s*"((?:[^"\\]|\\.)*)"/g;

/** Bytes of what a model wrote, in the JSON text of an answer or of a piece of one; escapes count as they are written. */
export function textBytesOf(answer: string): number {
  let bytes = 0;
  for (const [, text] of answer.matchAll(written)) bytes += Buffer.byteLength(text!);
  return bytes;
}

export function completionBound(textBytes: number, pieces: number): number {
  return textBytes + pieces + silentTokens;
}

/** Of a request that holds pictures or sound, whose tokens have nothing to do with bytes, there is no bound. */
export function promptBound(body: unknown): number {
  const text = JSON.stringify(body);
  if (/"type":"(?:image_url|input_audio|file|video_url)"/.test(text)) return Number.MAX_SAFE_INTEGER;
  const { messages } = body as { messages?: unknown };
  const count = Array.isArray(messages) ? messages.length : 1;
  return promptBoundOf(Buffer.byteLength(text), count);
}

/** Of a text of so many bytes, in so many messages. */
export function promptBoundOf(bytes: number, messages: number): number {
  return bytes + templateTokens + messages * messageTokens;
}

/** Tokens that an answer has at most, all choices together; undefined when the request sets no limit. */
export function answerBound(request: Readonly<Record<string, unknown>>): number | undefined {
  if (request['input'] !== undefined) return 0; // embeddings make no tokens
  const limit = request['max_completion_tokens'] ?? request['max_tokens'];
  if (!isCount(limit)) return undefined;
  const { prompt, n, best_of: bestOf } = request;
  const prompts = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt.length : 1;
  return limit * Math.max(isCount(n) ? n : 1, isCount(bestOf) ? bestOf : 1) * prompts;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
