import { TaskDead } from '@reeve/hub';
import { errorCatalogue, MalformedRequest, NotFound, TooLarge, type ErrorKind, type ReeveError } from '@reeve/kernel';
import { BackendRefused } from '../node/errors.ts';
import { InvalidChatRequest } from '../errors.ts';

/**
 * The error a client is to see when its task failed for good: the node's own error in place of "the task is dead", and
 * of a model server's refusal the status that the model server gave.
 */
export function clientError(error: ReeveError): ReeveError {
  const code = error.details?.['code'];
  if (!TaskDead.is(error) || typeof code !== 'string') return error;
  const kind = code === BackendRefused.code ? refusalKind(error.details?.['status']) : kindOf(code);
  return kind?.error(error.message, { details: error.details, cause: error }) ?? error;
}

function refusalKind(status: unknown): ErrorKind {
  if (status === 404) return NotFound;
  if (status === 413) return TooLarge;
  return status === 422 ? InvalidChatRequest : MalformedRequest;
}

const kinds = new Map<string, ErrorKind>();

function kindOf(code: string): ErrorKind | undefined {
  if (code === 'invalid_input') return InvalidChatRequest;
  if (kinds.size === 0) for (const kind of errorCatalogue()) kinds.set(kind.code, kind);
  return kinds.get(code);
}
