import type { InputIssue, ReeveError } from './errors.ts';
import type { JsonValue } from './json.ts';

/** RFC 9457 problem details, with the extensions that programs decide by. */
export interface Problem {
  /** URI reference of the page that explains the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly retryable: boolean;
  readonly correlationId?: string;
  readonly retryAfterMs?: number;
  readonly issues?: readonly InputIssue[];
  readonly details?: Record<string, JsonValue>;
}

/** The public face of an error: no stack, no cause. */
export function toProblem(error: ReeveError, correlationId?: string): Problem {
  return {
    type: `/errors/${error.code}`,
    title: error.kind.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    retryable: error.retryable,
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.issues === undefined ? {} : { issues: error.issues }),
    ...(error.details === undefined ? {} : { details: error.details }),
  };
}
