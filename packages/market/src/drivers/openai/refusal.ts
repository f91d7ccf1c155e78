import type { ErrorFacts, JsonValue, ReeveError } from '@reeve/kernel';
import {
  BackendDenied,
  BackendFailed,
  BackendMalformed,
  BackendOverloaded,
  BackendRefused,
  BackendTimeout,
} from '../../node/errors.ts';
import type { ResponseHead } from './exchange.ts';

/** What an error body is worth repeating; the rest is cut off. */
const maxMessageLength = 1_000;

/**
 * The error for a response that is not 200. For a refusal (4xx) the details hold the backend's `status` and its `error`
 * object, so that the client sees what it would have seen without us.
 */
export function refusalOf(backend: string, head: ResponseHead, body: string): ReeveError {
  const { status } = head;
  const error = backendError(body);
  const said = `${backend} answered ${status}${error.message === '' ? '' : `: ${error.message}`}`;
  const details = { status, error: { ...error } };
  if (status === 401 || status === 403) return BackendDenied.error(said, { details: { status } });
  if (status === 408) return BackendTimeout.error(said, { details });
  if (status === 429) return BackendOverloaded.error(said, withRetryAfter(details, head));
  if (status >= 500) return BackendFailed.error(said, withRetryAfter(details, head));
  if (status >= 400) return BackendRefused.error(said, { details });
  return BackendMalformed.error(`${said}, where only 200 makes sense`, { details: { status } });
}

/** The error for an error object in place of an answer or a chunk, as vLLM and llama.cpp send it in mid-stream. */
export function failureOf(backend: string, body: string): ReeveError {
  const error = backendError(body);
  const details = { error: { ...error } };
  return BackendFailed.error(`${backend} failed: ${error.message || 'without saying why'}`, { details });
}

/** OpenAI's error object; what a backend does not give is null. */
interface BackendError {
  readonly message: string;
  readonly type: string | null;
  readonly param: string | null;
  readonly code: JsonValue;
}

/** Reads OpenAI's `{error: {…}}`, Ollama's `{error: "…"}`, FastAPI's `{detail}`, `{message}`, and plain text. */
function backendError(body: string): BackendError {
  const value = parsed(body);
  const root = isRecord(value) ? value : {};
  const error = isRecord(root.error) ? root.error : root;
  const message = [error.message, root.error, root.detail].find((part) => part !== undefined && part !== root) ?? '';
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return {
    message: (isRecord(value) ? text : plain(body)).slice(0, maxMessageLength),
    type: typeof error.type === 'string' ? error.type : null,
    param: typeof error.param === 'string' ? error.param : null,
    code: typeof error.code === 'string' || typeof error.code === 'number' ? error.code : null,
  };
}

/** A web page says nothing to a client of an API. */
function plain(body: string): string {
  return body.trimStart().startsWith('<') ? '' : body.trim();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the details too: of an error that a node reports, these are what reaches the client. */
function withRetryAfter(details: Record<string, JsonValue>, head: ResponseHead): ErrorFacts {
  const waitMs = retryAfterMs(head, Date.now());
  return waitMs === undefined ? { details } : { details: { ...details, retryAfterMs: waitMs }, retryAfterMs: waitMs };
}

/** `Retry-After` as seconds or as a date; undefined when absent, unreadable or past. */
function retryAfterMs(head: ResponseHead, nowMs: number): number | undefined {
  const value = head.headers['retry-after'];
  if (value === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - nowMs;
  return Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : undefined;
}
