import type { StreamOperation } from '@reeve/kernel';
import { AnswerNotUnderstood } from '../errors.ts';
import { explainFailure, requestHeaders } from './exchange.ts';
import { linesOf } from './lines.ts';
import { readRemoteError } from './remote-error.ts';
import { toWireRequest } from './request.ts';
import type { Transport } from './transport.ts';

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  /** A stream silent for so long is taken for dead; hubs send a sign of life more often. 60 s when not given. */
  readonly silenceMs?: number | undefined;
}

/**
 * The lines that a streaming operation answers with, as they come; `body` is what it takes, as text.
 * @throws RemoteError for an answer that is no success; ReeveError for one that breaks off or falls silent.
 */
export async function* answerLines(
  transport: Transport,
  { name, http }: Pick<StreamOperation, 'name' | 'http'>,
  input: Readonly<Record<string, unknown>>,
  body: string | undefined,
  { signal: outer, silenceMs = 60_000 }: StreamOptions,
): AsyncGenerator<unknown> {
  const { target } = toWireRequest({ method: 'GET', path: http.path }, input);
  const silence = new Silence(silenceMs);
  const signal = outer === undefined ? silence.signal : AbortSignal.any([outer, silence.signal]);
  const type = body === undefined ? undefined : { 'content-type': 'application/x-ndjson' };
  const headers = requestHeaders(transport, { method: http.method, target, body: undefined }, type ?? {});
  try {
    const request = { method: http.method, headers, body: body ?? null, signal, redirect: 'error' } as const;
    const response = await transport.fetch(transport.url + target, request);
    if (!response.ok) throw readRemoteError(response.status, await response.text(), response.headers);
    for await (const line of linesOf(response.body!)) {
      silence.broken();
      if (line !== '') yield parsed(line, name);
    }
  } catch (error) {
    throw explainFailure(error, transport.url, { signal: outer, silent: silence.signal.aborted, timeoutMs: silenceMs });
  } finally {
    silence.end();
  }
}

function parsed(line: string, name: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw AnswerNotUnderstood.error(`the answer to ${name} has a line that is not JSON`, { cause });
  }
}

/** Aborts when nothing has come for a while. */
class Silence {
  readonly #controller = new AbortController();
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    this.broken();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  broken(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(), this.#afterMs);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
