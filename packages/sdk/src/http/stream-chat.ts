import { AnswerNotUnderstood } from '../errors.ts';
import { explainFailure, requestHeaders } from './exchange.ts';
import { readRemoteError, remoteErrorOfStream } from './remote-error.ts';
import type { WireRequest } from './request.ts';
import { readSse } from './sse.ts';
import type { Transport } from './transport.ts';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A request in the form of OpenAI's API; parameters that are not named here are passed on as they are. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly [parameter: string]: unknown;
}

/** What of a `chat.completion.chunk` is looked at here. */
export interface ChatChunk {
  readonly choices: ReadonlyArray<{
    readonly delta?: { readonly content?: string | null };
    readonly finish_reason?: string | null;
  }>;
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

export interface StreamChatOptions {
  readonly signal?: AbortSignal;
  /** Longest silence, also before the first chunk; 60 s when not given. */
  readonly silenceMs?: number;
}

/**
 * The chunks of an answer as they come. Never repeated after a failure: a model's answer is not the same twice.
 * @throws RemoteError what the hub or the model's node says, also in mid-stream; ReeveError when the stream breaks off.
 */
export async function* streamChat(
  transport: Transport,
  request: ChatRequest,
  options: StreamChatOptions = {},
): AsyncGenerator<ChatChunk> {
  const { silenceMs = 60_000, signal: outer } = options;
  const silence = new AbortController();
  const signal = outer === undefined ? silence.signal : AbortSignal.any([outer, silence.signal]);
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    for await (const data of dataOf(transport, request, signal)) {
      clearTimeout(timer);
      if (data === '[DONE]') return;
      yield readChunk(data);
      timer = setTimeout(() => silence.abort(), silenceMs);
    }
    throw AnswerNotUnderstood.error('the answer broke off before its end');
  } catch (error) {
    throw explainFailure(error, transport.url, { signal: outer, silent: silence.signal.aborted, timeoutMs: silenceMs });
  } finally {
    clearTimeout(timer);
  }
}

async function* dataOf(transport: Transport, request: ChatRequest, signal: AbortSignal): AsyncGenerator<string> {
  const body = JSON.stringify({ ...request, stream: true, stream_options: { include_usage: true } });
  const wire: WireRequest = { method: 'POST', target: '/v1/chat/completions', body };
  const headers = requestHeaders(transport, wire, { accept: 'text/event-stream' });
  const response = await transport.fetch(transport.url + wire.target, { method: 'POST', headers, body, signal });
  if (!response.ok) throw readRemoteError(response.status, await response.text(), response.headers);
  for await (const { data } of readSse(response.body!)) yield data;
}

function readChunk(data: string): ChatChunk {
  let chunk: Partial<ChatChunk> & { error?: unknown };
  try {
    chunk = JSON.parse(data) as typeof chunk;
  } catch (cause) {
    throw AnswerNotUnderstood.error('the answer has a chunk that is not JSON', { cause });
  }
  if (chunk.error !== undefined) throw remoteErrorOfStream(chunk.error);
  if (!Array.isArray(chunk.choices)) throw AnswerNotUnderstood.error('the answer has a chunk without choices');
  return chunk as ChatChunk;
}
