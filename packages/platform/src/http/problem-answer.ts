import {
  asReeveError,
  MalformedRequest,
  NotFound,
  ReeveError,
  TooLarge,
  toProblem,
  UnsupportedMediaType,
} from '@reeve/kernel';
import type { FastifyReply } from 'fastify';
import type { ErrorBodyWriter } from '../operations/index.ts';

export const problemBody: ErrorBodyWriter = (error, correlationId) => ({
  contentType: 'application/problem+json',
  body: JSON.stringify(toProblem(error, correlationId)),
});

/** Headers that an error brings along, whatever its body looks like. */
export function errorHeaders(error: ReeveError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.retryAfterMs !== undefined)
    headers['Retry-After'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
  if (error.status === 401) headers['WWW-Authenticate'] = 'Bearer realm="reeve"';
  return headers;
}

/** Answers an error; never with a stack, a cause, or anything that is not in the error's public face. */
export function sendError(reply: FastifyReply, error: ReeveError, correlationId: string, writer = problemBody): void {
  const { contentType, body } = writer(error, correlationId);
  void reply.code(error.status).headers(errorHeaders(error)).header('Content-Type', contentType).send(body);
}

interface FastifyFault {
  readonly code?: string;
  readonly message: string;
  readonly statusCode?: number;
}

/** What went wrong, from a thrown value of ours, of Fastify, or of anyone. */
export function errorOf(thrown: unknown, bodyLimitBytes: number): ReeveError {
  if (thrown instanceof ReeveError) return thrown;
  const fault = thrown as FastifyFault;
  switch (fault?.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return TooLarge.error(`the body is larger than ${bodyLimitBytes} bytes`, { details: { bodyLimitBytes } });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
    case 'FST_ERR_CTP_EMPTY_TYPE':
      return UnsupportedMediaType.error('the content type of the body is not read here; send application/json');
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return MalformedRequest.error('the body does not have the length that Content-Length says');
    case 'FST_ERR_BAD_URL':
      return MalformedRequest.error('the path is not a valid URL path');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return NotFound.error('there is no such thing: a part of the path is longer than any name');
    default:
      return asReeveError(thrown);
  }
}
