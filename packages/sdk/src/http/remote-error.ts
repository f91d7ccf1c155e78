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

function parseProblem(body: string): Partial<Problem> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'code' in value ? (value as Partial<Problem>) : undefined;
  } catch {
    return undefined;
  }
}

function retryAfterOf(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

/** What the class of a status says about retries and exit codes; undefined for a status no class has. */
export function classOfStatus(status: number): (typeof errorClasses)[ErrorClass] | undefined {
  return Object.values(errorClasses).find((known) => known.status === status);
}
