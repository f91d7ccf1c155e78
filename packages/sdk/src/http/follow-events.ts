import { Event } from '@reeve/hub/api';
import { backoffDelayMs, ReeveError } from '@reeve/kernel';
import { AnswerNotUnderstood } from '../errors.ts';
import { exchangeTimeoutMs, explainFailure, requestHeaders, sleep } from './exchange.ts';
import { readRemoteError, RemoteError } from './remote-error.ts';
import { toWireRequest } from './request.ts';
import { readSse } from './sse.ts';
import type { Transport } from './transport.ts';

export interface FollowOptions {
  /** Events after this position; from now on when not given. */
  readonly after?: number;
  /** Only events about this, such as `task:<id>`. */
  readonly subject?: string;
  readonly type?: string;
  readonly signal?: AbortSignal;
  /** A stream silent for so long is taken for dead and opened anew; hubs send a sign of life more often. */
  readonly silenceMs?: number;
}

const binding = { method: 'GET', path: '/v1/events' } as const;

/**
 * The event log as it grows, without end: a lost connection is made again and goes on after the last event seen, so
 * that nothing is missed and nothing comes twice. Ends when `signal` is aborted.
 * @throws RemoteError when the hub refuses for good (key, permission).
 */
export async function* followEvents(transport: Transport, options: FollowOptions = {}): AsyncGenerator<Event> {
  let lastId: string | undefined = options.after === undefined ? undefined : String(options.after);
  for (let failures = 0; !options.signal?.aborted; failures++) {
    try {
      const began = (id: string): void => void (lastId = id);
      for await (const { id, data } of readStream(transport, options, lastId, began)) {
        lastId = id;
        failures = 0;
        yield readEvent(data);
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (!isTransient(error)) throw error;
    }
    const delayMs = backoffDelayMs({ ...transport.retry, maxDelayMs: 10_000 }, failures + 1, Math.random());
    await sleep(delayMs, options.signal).catch(() => {}); // aborted: the loop ends
  }
}

function isTransient(error: unknown): boolean {
  return (error instanceof RemoteError || error instanceof ReeveError) && error.retryable;
}

async function* readStream(
  transport: Transport,
  options: FollowOptions,
  lastId: string | undefined,
  onMark: (id: string) => void,
) {
  const { silenceMs = 45_000, signal: outer } = options;
  const silence = new AbortController();
  const signal = outer === undefined ? silence.signal : AbortSignal.any([outer, silence.signal]);
  const { subject, type } = options;
  const request = toWireRequest(binding, { subject, type });
  const headers = { accept: 'text/event-stream', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) };
  let timer = setTimeout(() => silence.abort(), exchangeTimeoutMs);
  try {
    const response = await transport.fetch(transport.url + request.target, {
      headers: requestHeaders(transport, request, headers),
      signal,
    });
    if (!response.ok) throw readRemoteError(response.status, await response.text(), response.headers);
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silenceMs);
    };
    alive();
    yield* readSse(watched(response.body!, alive), onMark);
  } catch (error) {
    throw explainFailure(error, transport.url, { signal: outer, silent: silence.signal.aborted, timeoutMs: silenceMs });
  } finally {
    clearTimeout(timer);
  }
}

function watched(body: ReadableStream<Uint8Array>, alive: () => void): ReadableStream<Uint8Array> {
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (bytes, controller) => {
        alive();
        controller.enqueue(bytes);
      },
    }),
  );
}

function readEvent(data: string): Event {
  try {
    return Event.parse(JSON.parse(data));
  } catch (cause) {
    throw AnswerNotUnderstood.error('the event stream carries something that is no event', { cause });
  }
}
