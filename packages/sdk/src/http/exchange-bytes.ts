import type { StreamOperation } from '@reeve/kernel';
import { AnswerNotUnderstood } from '../errors.ts';
import { explainFailure, requestHeaders } from './exchange.ts';
import { readRemoteError } from './remote-error.ts';
import { toWireRequest } from './request.ts';
import type { Transport } from './transport.ts';

export interface BytesOptions {
  readonly signal?: AbortSignal | undefined;
  /** For all of it; 10 minutes when not given. */
  readonly timeoutMs?: number | undefined;
}

/**
 * The answer of a streaming operation whose request or answer is bytes. Tried once: who calls knows whether the bytes
 * are still there to be sent again.
 * @throws RemoteError, ReeveError
 */
export async function exchangeBytes<Read>(
  transport: Transport,
  { http }: Pick<StreamOperation, 'http'>,
  input: Readonly<Record<string, unknown>>,
  body: RequestInit['body'],
  read: (response: Response) => Promise<Read>,
  { signal: outer, timeoutMs = 600_000 }: BytesOptions,
): Promise<Read> {
  const { target } = toWireRequest({ method: 'GET', path: http.path }, input);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = outer === undefined ? timeout : AbortSignal.any([outer, timeout]);
  const type = body === undefined ? undefined : { 'content-type': 'application/octet-stream' };
  const headers = requestHeaders(transport, { method: http.method, target, body: undefined }, type ?? {});
  // Browsers and Node want to be told when a body is a stream; it is then sent before the answer is read.
  const streams = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
  try {
    const request = {
      method: http.method,
      headers,
      body: body ?? null,
      signal,
      redirect: 'error',
      ...streams,
    } as const;
    const response = await transport.fetch(transport.url + target, request);
    if (!response.ok) throw readRemoteError(response.status, await response.text(), response.headers);
    return await read(response);
  } catch (error) {
    throw explainFailure(error, transport.url, { signal: outer, timeoutMs });
  }
}

/** The whole content of an answer. @throws AnswerNotUnderstood when it is not the one that has the digest. */
export async function checkedContent(response: Response, digest: string): Promise<Uint8Array> {
  const content = new Uint8Array(await response.arrayBuffer());
  const found = Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', content)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  if (found === digest) return content;
  throw AnswerNotUnderstood.error(`the content of ${digest} came as ${found}: it was changed on the way`);
}
