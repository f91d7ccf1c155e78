import { TaskDead, TaskExpired } from '@reeve/hub';
import { InvalidInput, MalformedRequest, NotFound, TooLarge, type ErrorKind, type ReeveError } from '@reeve/kernel';
import { AnswerTimeout, InvalidModelRequest, NodeLost } from '../errors.ts';
import {
  BackendDenied,
  BackendEndedEarly,
  BackendFailed,
  BackendMalformed,
  BackendOverloaded,
  BackendRefused,
  BackendTimeout,
  BackendUnreachable,
  ModelNotServed,
  NodeShortOfMemory,
  StreamBroken,
} from '../node/errors.ts';

/**
 * The failures of nodes that mean something to a client. No others: a node that says `unauthenticated` must not be able
 * to make a client believe that its key is wrong.
 */
const shown = new Map<string, ErrorKind>(
  [
    BackendDenied,
    BackendEndedEarly,
    BackendFailed,
    BackendMalformed,
    BackendOverloaded,
    BackendTimeout,
    BackendUnreachable,
    ModelNotServed,
    NodeShortOfMemory,
    StreamBroken,
  ].map((kind) => [kind.code, kind]),
);
shown.set('invalid_input', InvalidModelRequest);
shown.set('lease_expired', NodeLost);
shown.set('attempt_timed_out', AnswerTimeout);

/**
 * The error a client is to see when its task failed for good: the node's own error in place of "the task is dead", and
 * of a model server's refusal the status that the model server gave.
 */
export function clientError(error: ReeveError): ReeveError {
  if (error.code === TaskExpired.code)
    return AnswerTimeout.error('the answer was not finished in its time', { cause: error });
  if (error.code !== TaskDead.code) return error;
  const { details } = error;
  const code = details?.['code'];
  const kind = code === BackendRefused.code ? refusalKind(details?.['status']) : shown.get(String(code));
  return kind?.error(error.message, { details, retryAfterMs: retryAfterMs(details), cause: error }) ?? error;
}

function refusalKind(status: unknown): ErrorKind {
  if (status === 404) return NotFound;
  if (status === 413) return TooLarge;
  return status === 422 ? InvalidInput : MalformedRequest;
}

function retryAfterMs(details: ReeveError['details']): number | undefined {
  const value = details?.['retryAfterMs'];
  return typeof value === 'number' && value >= 0 && value <= 3_600_000 ? value : undefined;
}
