/** What a client has of an answer that broke off. */
export interface Sent {
  readonly text: string;
  /** Chunks that brought some of it: at least so many tokens. */
  readonly tokens: number;
  /** Of its first chunk: a client takes chunks for one answer by these. */
  readonly names: Readonly<Record<string, unknown>>;
}

interface Choice {
  readonly text?: unknown;
  readonly delta?: Readonly<Record<string, unknown>>;
  readonly finish_reason?: unknown;
}

interface Chunk {
  readonly choices: readonly Choice[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
  readonly [member: string]: unknown;
}

/** Reads what was sent; undefined when there is more in it than one text, or its end. */
export function readSent(chunks: readonly string[]): Sent | undefined {
  let text = '';
  let tokens = 0;
  for (const chunk of chunks.map(parsedChunk)) {
    const choice = chunk?.choices[0];
    const piece = choice && textOf(choice);
    if (piece === undefined || typeof choice?.finish_reason === 'string') return undefined;
    text += piece;
    if (piece !== '') tokens += 1;
  }
  const first = chunks[0] === undefined ? undefined : parsedChunk(chunks[0]);
  return { text, tokens, names: { id: first?.['id'], created: first?.['created'], model: first?.['model'] } };
}

/**
 * Joins the answer of a second node to what a client has of the first. Either it begins after that text, or it says all of it
 * again: then that is compared character by character and left out.
 */
export class Splice {
  readonly #sent: Sent;
  readonly #repeats: boolean;
  /** Characters that were said again so far. */
  #repeated = 0;

  constructor(sent: Sent, repeats: boolean) {
    this.#sent = sent;
    this.#repeats = repeats;
  }

  /** What of a chunk goes to the client; null when nothing does; undefined when it does not fit what the client has. */
  next(text: string): string | null | undefined {
    const chunk = parsedChunk(text);
    if (chunk === undefined) return undefined;
    const whole = { ...chunk, ...this.#sent.names, ...(chunk.usage && { usage: this.#usage(chunk.usage) }) };
    const [choice] = chunk.choices;
    if (choice === undefined) return JSON.stringify(whole);
    const piece = textOf(choice);
    const fresh = piece === undefined ? undefined : this.#fresh(piece);
    if (fresh === undefined) return undefined;
    const isOver = typeof choice.finish_reason === 'string';
    if (isOver && this.#left > 0) return undefined;
    if (fresh === '' && !isOver && !chunk.usage) return null;
    return JSON.stringify({ ...whole, choices: [withText(choice, fresh)] });
  }

  get #left(): number {
    return this.#repeats ? this.#sent.text.length - this.#repeated : 0;
  }

  #fresh(piece: string): string | undefined {
    const again = piece.slice(0, this.#left);
    if (!this.#sent.text.startsWith(again, this.#repeated)) return undefined;
    this.#repeated += again.length;
    return piece.slice(again.length);
  }

  /** What the second node was given of the answer is no part of what the client asked. */
  #usage(usage: NonNullable<Chunk['usage']>): object {
    const { prompt_tokens: prompt, completion_tokens: completion } = usage;
    if (this.#repeats || typeof prompt !== 'number' || typeof completion !== 'number') return usage;
    const { tokens } = this.#sent;
    return { ...usage, prompt_tokens: prompt - tokens, completion_tokens: completion + tokens };
  }
}

function parsedChunk(text: string): Chunk | undefined {
  try {
    const value = JSON.parse(text) as Partial<Chunk> | null;
    return Array.isArray(value?.choices) && value.choices.length <= 1 ? (value as Chunk) : undefined;
  } catch {
    return undefined; // it is no JSON: no chunk of an answer
  }
}

/** The text of a choice; undefined when it brings anything else. */
function textOf({ text, delta }: Choice): string | undefined {
  if (typeof text === 'string') return text;
  if (delta === undefined) return undefined;
  const { role: _, content, ...others } = delta;
  if (Object.values(others).some((value) => value !== null && value !== undefined)) return undefined;
  return typeof content === 'string' ? content : content === null || content === undefined ? '' : undefined;
}

function withText(choice: Choice, text: string): Choice {
  if (choice.delta === undefined) return { ...choice, text };
  return { ...choice, delta: text === '' ? {} : { content: text } };
}
