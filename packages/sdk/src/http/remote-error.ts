import { errorClasses, type ErrorClass, type InputIssue, type JsonValue, type Problem } from '@reeve/kernel';

/** An error that the hub answered with; the fields are those of its problem document (RFC 9457). */
export class RemoteError extends Error {
  /** Stable code from the hub's catalogue; `http_<status>` when the answer was no problem document. */
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly issues: readonly InputIssue[] | undefined;
  readonly details: Record<string, JsonValue> | undefined;
  /** Under this id the hub's log tells what happened. */
  readonly correlationId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'RemoteError';
    this.code = problem.code;
    this.status = problem.status;
    this.title = problem.title;
    this.retryable = problem.retryable;
    this.issues = problem.issues;
    this.details = problem.details;
    this.correlationId = problem.correlationId;
    this.retryAfterMs = problem.retryAfterMs;
  }
}

/** What an answer that is no success says. Tolerant: a proxy in between answers in its own words. */
export function readRemoteError(status: number, body: string, headers: Headers): RemoteError {
  const problem = parseProblem(body);
  const retryAfterMs = problem?.retryAfterMs ?? retryAfterOf(headers);
  const correlationId = problem?.correlationId ?? headers.get('x-correlation-id') ?? undefined;
  const known: Problem = {
    type: 'about:blank',
    title: `Status ${status}`,
    detail: problem === undefined ? `the hub answered with status ${status}` : '',
    code: `http_${status}`,
    retryable: classOfStatus(status)?.retryable ?? false,
    ...problem,
    status,
  };
  return new RemoteError({
    ...known,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(correlationId === undefined ? {} : { correlationId }),
  });
}

/** An error that came in a stream, after a status that promised success. */
export function remoteErrorOfStream(error: unknown): RemoteError {
  return readRemoteError(502, JSON.stringify({ error }), new Headers());
}

function parseProblem(body: string): Partial<Problem> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value !== 'object' || value === null) return undefined;
    if ('code' in value) return value as Partial<Problem>;
    return 'error' in value ? fromOpenAiError(value.error) : undefined;
  } catch {
    return undefined;
  }
}

/** The OpenAI-compatible doors answer in that API's form: `{ "error": { "message", "type", "code" } }`. */
function fromOpenAiError(error: unknown): Partial<Problem> | undefined {
  const { message, code, type } = (error ?? {}) as { message?: unknown; code?: unknown; type?: unknown };
  if (typeof message !== 'string') return undefined;
  const known = [code, type].find((text) => typeof text === 'string');
  return { detail: message, ...(known === undefined ? {} : { code: known }) };
}

function retryAfterOf(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

/** What the class of a status says about retries and exit codes; undefined for a status no class has. */
export function classOfStatus(status: number): (typeof errorClasses)[ErrorClass] | undefined {
  return Object.values(errorClasses).find((known) => known.status === status);
}
