import { InvalidInput, type InputIssue, type Operation } from '@reeve/kernel';
import { z } from 'zod';
import { coerceText, coercionFor, type Coercion } from './coerce.ts';

/** Where the input of an operation comes from in a request. */
export interface InputParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | string[]>>;
  readonly body: unknown;
}

/** Puts path, query and body together as one input; not validated yet. */
export type InputReader = (parts: InputParts) => unknown;

/**
 * A reader made once for an operation. What is said twice is refused, whether or not both say the same: a proxy, a log
 * and this server could otherwise each believe another one.
 */
export function inputReaderFor(operation: Pick<Operation, 'input' | 'http'>): InputReader {
  const coercions = new Map<string, Coercion>();
  if (operation.input instanceof z.ZodObject)
    for (const [name, schema] of Object.entries(operation.input.shape))
      coercions.set(name, coercionFor(schema as z.core.$ZodType));
  const hasParams = operation.http.path.includes('{');

  return ({ params, query, body }) => {
    if (!hasParams && isEmpty(query)) return body === undefined ? {} : body;
    const input = copyOfBody(body);
    const issues: InputIssue[] = [];
    const put = (name: string, given: string | string[]) => {
      if (Object.hasOwn(input, name)) return issues.push({ path: [name], message: 'was given in two places' });
      define(input, name, valueOf(name, given, coercions.get(name) ?? 'text', issues));
    };
    for (const name in params) put(name, params[name]!);
    for (const name in query) put(name, query[name]!);
    if (issues.length === 0) return input;
    throw InvalidInput.error(`${issues[0]!.path.join('.')}: ${issues[0]!.message}`, { issues });
  };
}

function isEmpty(query: object): boolean {
  for (const _ in query) return false;
  return true;
}

function copyOfBody(body: unknown): Record<string, unknown> {
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  throw InvalidInput.error('the body must be a JSON object', { issues: [{ path: [], message: 'must be an object' }] });
}

/** As an own member, whatever its name: `__proto__` must not change what the input is. */
function define(input: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
}

function valueOf(name: string, given: string | string[], wanted: Coercion, issues: InputIssue[]): unknown {
  if (typeof wanted === 'object') {
    const texts = typeof given === 'string' ? [given] : given;
    return texts.map((text) => coerceText(text, wanted.listOf));
  }
  if (typeof given === 'string') return coerceText(given, wanted);
  issues.push({ path: [name], message: 'was given more than once' });
  return given[0];
}
