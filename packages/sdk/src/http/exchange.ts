import { decideRetry, defaultRetryPolicy, ReeveError } from '@reeve/kernel';
import { AnswerTimedOut, CallAborted, HubUnreachable } from '../errors.ts';
import { readRemoteError, RemoteError } from './remote-error.ts';
import type { WireRequest } from './request.ts';
import type { Transport } from './transport.ts';

/** Time-out of one exchange (FD-02). */
export const exchangeTimeoutMs = 30_000;

/** Never tried again (FD-02), whatever an answer claims: the same request gets the same answer. */
const permanent: ReadonlySet<number> = new Set([400, 401, 403, 404]);

export interface ExchangeOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** Of each try, answer included. */
  readonly timeoutMs: number;
  /** Whether a request of unknown fate may be sent again: reads may, writes with an idempotency key may. */
  readonly repeatable: boolean;
}

/**
 * Sends a request and gives the text of its successful answer; tries again what is transient and may be repeated.
 * @throws RemoteError for an answer that is no success; ReeveError `hub_unreachable`, `answer_timed_out`, `call_aborted`.
 */
export async function exchange(transport: Transport, request: WireRequest, options: ExchangeOptions): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchangeOnce(transport, request, options);
    } catch (error) {
      const decision = decideRetry(transport.retry, attempt, mayRepeat(error, options), Math.random());
      if (!decision.retry) throw error;
      await sleep(Math.max(decision.delayMs, retryAfterMs(error)), options.signal);
    }
  }
}

function mayRepeat(error: unknown, { repeatable }: ExchangeOptions): boolean {
  if (error instanceof RemoteError)
    return error.retryable && !permanent.has(error.status) && retryAfterMs(error) <= defaultRetryPolicy.maxDelayMs;
  return repeatable && error instanceof ReeveError && error.retryable;
}

function retryAfterMs(error: unknown): number {
  return error instanceof RemoteError ? (error.retryAfterMs ?? 0) : 0;
}

async function exchangeOnce(transport: Transport, request: WireRequest, options: ExchangeOptions): Promise<string> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  const headers = requestHeaders(transport, request, options.headers);
  try {
    const { method, target, body = null } = request;
    const response = await transport.fetch(transport.url + target, {
      method,
      headers,
      body,
      signal,
      redirect: 'error',
    });
    const text = await response.text();
    if (!response.ok) throw readRemoteError(response.status, text, response.headers);
    return text;
  } catch (error) {
    throw explainFailure(error, transport.url, options);
  }
}

export function requestHeaders(transport: Transport, request: WireRequest, more: Readonly<Record<string, string>>) {
  return {
    accept: 'application/json',
    ...(transport.apiKey === undefined ? {} : { authorization: `Bearer ${transport.apiKey}` }),
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...more,
  };
}

/** `fetch` fails with errors that do not say what happened; these do. */
export function explainFailure(
  cause: unknown,
  url: string,
  { signal, silent, timeoutMs }: { signal: AbortSignal | undefined; silent?: boolean; timeoutMs: number },
): Error {
  if (cause instanceof RemoteError || cause instanceof ReeveError) return cause;
  if (signal?.aborted) return CallAborted.error('the call was aborted', { cause });
  if (silent || (cause instanceof Error && cause.name === 'TimeoutError'))
    return AnswerTimedOut.error(`${url} gave no complete answer within ${timeoutMs} ms`, { cause });
  return HubUnreachable.error(`no hub answers at ${url} (${rootMessage(cause)})`, { cause });
}

function rootMessage(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  if (root instanceof AggregateError && root.errors.length > 0) root = root.errors[0];
  return root instanceof Error ? root.message || root.name : String(root);
}

/** @throws ReeveError `call_aborted`. */
export function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(CallAborted.error('the call was aborted'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, delayMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
