import { outputLimitBytes, type TaskError } from '@reeve/hub/api';
import { ReeveError } from '@reeve/kernel';
import { OutputNotJson, OutputTooLarge } from '../errors.ts';

const messageLimit = 4_000;
const detailsLimit = 16 * 1024;
const utf8 = new TextEncoder();

/**
 * The JSON text of what a handler returned; nothing returned is `null`.
 * @throws ReeveError `output_not_json` or `output_too_large`.
 */
export function encodeOutput(value: unknown): string {
  if (value === undefined) return 'null';
  const text = stringify(value);
  if (text === undefined) throw OutputNotJson.error(`a ${typeof value} is not JSON; return plain data`);
  if (isLarger(text, outputLimitBytes)) {
    const sizeBytes = utf8.encode(text).length;
    throw OutputTooLarge.error(`the output has ${sizeBytes} bytes as JSON; at most ${outputLimitBytes} are accepted`);
  }
  return text;
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw OutputNotJson.error(`JSON cannot carry the output: ${messageOf(cause)}`, { cause });
  }
}

/** Counts bytes only when the answer is not clear from the length: one UTF-16 unit has 1 to 3 bytes. */
function isLarger(text: string, limitBytes: number): boolean {
  if (text.length * 3 <= limitBytes) return false;
  return text.length > limitBytes || utf8.encode(text).length > limitBytes;
}

/**
 * What a handler threw, as the hub takes it. A `ReeveError`, or any error with a boolean `retryable`, says itself
 * whether another attempt can help. Everything else is a defect of unknown nature, and is worth the attempts the task
 * has: a crash in a dependency often passes, and the number of attempts bounds the cost.
 */
export function toTaskError(thrown: unknown): TaskError {
  const { code, retryable, details } = (thrown ?? {}) as Record<string, unknown>;
  const kept = jsonDetails(thrown instanceof ReeveError ? thrown.details : details);
  return {
    code: isCode(code) ? code : 'handler_failed',
    message: messageOf(thrown).slice(0, messageLimit),
    retryable: typeof retryable === 'boolean' ? retryable : true,
    ...(kept === undefined ? {} : { details: kept }),
  };
}

function isCode(code: unknown): code is string {
  return typeof code === 'string' && /^[\w.:-]{1,100}$/.test(code);
}

function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message || thrown.name : textOf(thrown);
  return message || 'the handler failed without saying why';
}

function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'the handler threw something that has no text';
  }
}

/** Details that JSON cannot carry, or that are too many, are left out: the error itself must always arrive. */
function jsonDetails(details: unknown): TaskError['details'] | undefined {
  if (typeof details !== 'object' || details === null || Array.isArray(details)) return undefined;
  try {
    const text = JSON.stringify(details);
    return text.length > detailsLimit ? undefined : (JSON.parse(text) as TaskError['details']);
  } catch {
    return undefined;
  }
}
