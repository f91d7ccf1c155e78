import type { Socket } from 'node:net';
import { MalformedRequest, toProblem, uuidv7, type ReeveError } from '@reeve/kernel';
import { HeadersTooLarge, RequestTooSlow } from './errors.ts';
import type { HttpKit } from './kit.ts';

interface ParserFault extends Error {
  readonly code?: string;
}

/** Answers what Node's parser refuses, in the form of every other error, and closes the connection. */
export function answerClientError({ app, log, httpMetrics }: HttpKit): void {
  app.server.removeAllListeners('clientError');
  app.server.on('clientError', (fault: ParserFault, socket: Socket) => {
    // A connection that the other side has reset has nobody to answer to.
    if (fault.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
    const { error, status } = errorOf(fault);
    const correlationId = uuidv7();
    httpMetrics.refused(error.code);
    log.info(
      { correlationId, reason: fault.code, address: socket.remoteAddress },
      'a connection sent no valid request',
    );
    socket.end(responseText(status, error, correlationId));
    // Whoever goes on sending does not keep the connection.
    socket.destroySoon();
  });
}

/** The status that HTTP has for it, where that is finer than the class of the error. */
function errorOf(fault: ParserFault): { error: ReeveError; status: number } {
  if (fault.code === 'HPE_HEADER_OVERFLOW')
    return { error: HeadersTooLarge.error('the request line and headers are larger than the limit'), status: 431 };
  if (fault.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { error: RequestTooSlow.error('the request did not arrive in time'), status: 408 };
  return { error: MalformedRequest.error('this is not a valid HTTP request'), status: 400 };
}

export function responseText(
  status: number,
  error: ReeveError,
  correlationId: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const body = JSON.stringify({ ...toProblem(error, correlationId), status });
  const lines = Object.entries({
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Correlation-Id': correlationId,
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
    Connection: 'close',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${error.kind.title}\r\n${lines.join('')}\r\n${body}`;
}
