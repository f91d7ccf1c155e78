import type { JsonValue } from './json.ts';

/**
 * The class of an error decides everything a caller or operator needs to know about it: the HTTP status, whether a
 * retry can help, the exit code of the command line and the level at which it is logged.
 */
export const errorClasses = {
  malformed: { status: 400, retryable: false, exitCode: 2, logLevel: 'info' },
  unauthenticated: { status: 401, retryable: false, exitCode: 3, logLevel: 'warn' },
  paymentRequired: { status: 402, retryable: false, exitCode: 4, logLevel: 'info' },
  forbidden: { status: 403, retryable: false, exitCode: 3, logLevel: 'warn' },
  missing: { status: 404, retryable: false, exitCode: 5, logLevel: 'info' },
  wrongMethod: { status: 405, retryable: false, exitCode: 2, logLevel: 'info' },
  conflict: { status: 409, retryable: false, exitCode: 6, logLevel: 'info' },
  gone: { status: 410, retryable: false, exitCode: 5, logLevel: 'info' },
  tooLarge: { status: 413, retryable: false, exitCode: 2, logLevel: 'info' },
  unsupported: { status: 415, retryable: false, exitCode: 2, logLevel: 'info' },
  invalid: { status: 422, retryable: false, exitCode: 2, logLevel: 'info' },
  limited: { status: 429, retryable: true, exitCode: 7, logLevel: 'info' },
  cancelled: { status: 499, retryable: false, exitCode: 130, logLevel: 'info' },
  internal: { status: 500, retryable: false, exitCode: 1, logLevel: 'error' },
  badGateway: { status: 502, retryable: true, exitCode: 8, logLevel: 'warn' },
  unavailable: { status: 503, retryable: true, exitCode: 8, logLevel: 'warn' },
  timeout: { status: 504, retryable: true, exitCode: 9, logLevel: 'warn' },
} as const;

export type ErrorClass = keyof typeof errorClasses;

/** What the catalogue page of an error says; `code` is stable for ever, the rest may be reworded. */
export interface ErrorDescription {
  /** snake_case, unique over the whole system. */
  readonly code: string;
  readonly class: ErrorClass;
  /** Short, without the facts of the moment. */
  readonly title: string;
  /** What happened and why. */
  readonly meaning: string;
  /** What would have been right, or what to do now. */
  readonly remedy: string;
}

/** One fault in an input: where (JSON path as segments) and what. */
export interface InputIssue {
  readonly path: ReadonlyArray<string | number>;
  readonly message: string;
}

export interface ErrorFacts {
  readonly details?: Record<string, JsonValue> | undefined;
  readonly issues?: readonly InputIssue[] | undefined;
  /** For how long a retry is pointless; becomes the `Retry-After` header. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

export interface ErrorKind extends ErrorDescription {
  readonly status: number;
  readonly retryable: boolean;
  readonly exitCode: number;
  /** Makes the error to throw; `message` states the facts and what would have been right. */
  error(message: string, facts?: ErrorFacts): ReeveError;
  /** Whether `error` is one of this kind. */
  is(error: unknown): error is ReeveError;
}

/** The only kind of error that leaves a module. Anything else that is thrown is a defect and shown as `internal`. */
export class ReeveError extends Error {
  readonly kind: ErrorKind;
  readonly details: Record<string, JsonValue> | undefined;
  readonly issues: readonly InputIssue[] | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(kind: ErrorKind, message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'ReeveError';
    this.kind = kind;
    this.details = facts.details;
    this.issues = facts.issues;
    this.retryAfterMs = facts.retryAfterMs;
  }

  get code(): string {
    return this.kind.code;
  }
  get status(): number {
    return this.kind.status;
  }
  get retryable(): boolean {
    return this.kind.retryable;
  }
}

const catalogue = new Map<string, ErrorKind>();

/**
 * Registers an error kind in the catalogue.
 * @throws Error when the code is taken: two kinds under one code would make the code meaningless.
 */
export function defineError(description: ErrorDescription): ErrorKind {
  if (catalogue.has(description.code)) throw new Error(`error code ${description.code} is defined twice`);
  const { status, retryable, exitCode } = errorClasses[description.class];
  const kind: ErrorKind = {
    ...description,
    status,
    retryable,
    exitCode,
    error: (message, facts) => new ReeveError(kind, message, facts),
    is: (error): error is ReeveError => error instanceof ReeveError && error.kind.code === description.code,
  };
  catalogue.set(description.code, kind);
  return kind;
}

/** Every error kind defined so far, by code; the source of the generated catalogue page. */
export function errorCatalogue(): readonly ErrorKind[] {
  return [...catalogue.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
