import type { ModelBody } from '../../src/node/index.ts';

export const never: AbortSignal = new AbortController().signal;

export function asking(content: string, more: Record<string, unknown> = {}): ModelBody {
  return { model: 'sim-small', messages: [{ role: 'user', content }], ...more };
}

export async function all(chunks: AsyncIterable<string>): Promise<string[]> {
  const read: string[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return read;
}

interface Chunk {
  readonly choices: ReadonlyArray<{
    readonly index: number;
    readonly delta: { readonly role?: string; readonly content?: string; readonly tool_calls?: readonly object[] };
    readonly finish_reason: string | null;
  }>;
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
  };
}

export interface Completion {
  readonly id: string;
  readonly model: string;
  readonly system_fingerprint: string;
  readonly choices: ReadonlyArray<{
    readonly message: { readonly content: string };
    readonly finish_reason: string;
  }>;
  readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number; readonly total_tokens: number };
}

export const chunkOf = (text: string): Chunk => JSON.parse(text) as Chunk;
export const completionOf = (text: string): Completion => JSON.parse(text) as Completion;

/** The content of the first choice over all chunks. */
export function contentOf(chunks: readonly string[]): string {
  return chunks.map((text) => chunkOf(text).choices[0]?.delta.content ?? '').join('');
}

/** The error that `work` ends with; a success is a failed expectation. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await work;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(result)}`);
}
