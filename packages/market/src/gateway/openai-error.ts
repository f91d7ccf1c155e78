import { toProblem, type JsonValue, type ReeveError } from '@reeve/kernel';
import { BudgetExceeded } from '../errors.ts';

/** The object in `{ "error": … }` of OpenAI's API. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
  /** Amounts in micro-USD, of a request that does not fit into a budget. */
  readonly budget?: JsonValue;
}

/** Our error in the form that OpenAI's clients read: they choose their exception by status and show the message. */
export function openAiError(error: ReeveError): OpenAiError {
  const fromBackend = backendErrorOf(error);
  if (fromBackend) return fromBackend;
  const said = { message: error.message, type: typeOf(error.status), param: paramOf(error), code: error.code };
  const budget = BudgetExceeded.is(error) ? error.details?.['budget'] : undefined;
  return budget === undefined ? said : { ...said, budget };
}

export function openAiErrorBody(error: ReeveError): { contentType: string; body: string } {
  return { contentType: 'application/json', body: JSON.stringify({ error: openAiError(error) }) };
}

/** For what OpenAI's clients and ours both ask for: the members of a problem (RFC 9457), and `error` beside them. */
export function bothErrorBody(error: ReeveError, correlationId: string): { contentType: string; body: string } {
  const body = { ...toProblem(error, correlationId), error: openAiError(error) };
  return { contentType: 'application/problem+json', body: JSON.stringify(body) };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 402) return 'insufficient_quota';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

function paramOf(error: ReeveError): string | null {
  const path = error.issues?.[0]?.path;
  return path && path.length > 0 ? path.join('.') : null;
}

/** What the model server itself said, as it came from the node: the client sees what it would have seen without us. */
function backendErrorOf({ details, message, status }: ReeveError): OpenAiError | undefined {
  const said = details?.['error'];
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined;
  return {
    message: textOf(said['message']) ?? message,
    type: textOf(said['type']) ?? typeOf(status),
    param: textOf(said['param']),
    code: textOf(said['code']),
  };
}

function textOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'string' && value !== '') return value;
  return typeof value === 'number' ? `${value}` : null;
}
