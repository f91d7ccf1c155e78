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
  return Buffer.byteLength(text) + templateTokens + count * messageTokens;
}
