import { ReeveError } from '@reeve/kernel';
import type { ModelBody } from './backend.ts';
import { mayHoldUsage, parseAnswer } from './chunk-text.ts';
import { BackendRefused } from './errors.ts';

/** In every chunk of a stream that was asked for its usage, but the last. Quotes inside of a text are escaped. */
const emptyUsage = /,\s*"usage"\s*:\s*null/;

/** Whether the client itself asked what its stream uses. */
export function asksForUsage({ stream_options: options }: ModelBody): boolean {
  return (
    typeof options === 'object' && options !== null && 'include_usage' in options && options.include_usage === true
  );
}

/** What a client that did not ask is to see of a chunk; undefined for the one that says nothing but the usage. */
export function withoutUsage(chunk: string): string | undefined {
  if (!chunk.includes('"usage"')) return chunk;
  if (!mayHoldUsage(chunk)) return chunk.replace(emptyUsage, '');
  return parseAnswer(chunk)?.choices?.length === 0 ? undefined : chunk;
}

/** Has a backend say what each stream uses, also where the client does not ask, for as long as it takes the question. */
export class Counting {
  #refused = false;

  async asking(body: ModelBody, ask: (body: ModelBody) => Promise<void>): Promise<void> {
    if (this.#refused || asksForUsage(body)) return ask(body);
    try {
      await ask(withUsage(body));
    } catch (error) {
      if (!refusesUsage(error)) throw error;
      this.#refused = true; // a refusal comes before the first chunk, so nothing is repeated
      await ask(body);
    }
  }
}

function withUsage(body: ModelBody): ModelBody {
  const { stream_options: options } = body;
  return { ...body, stream_options: { ...(typeof options === 'object' ? options : {}), include_usage: true } };
}

function refusesUsage(error: unknown): boolean {
  return error instanceof ReeveError && BackendRefused.is(error) && error.message.includes('stream_options');
}
