import { secretMark } from './known-secrets.ts';
import { isSecretHeader, isSecretName, maskText } from './sensitive.ts';

/** A log line is for reading: what is deeper, longer or wider than this is cut and marked. */
const maxDepth = 8;
const maxItems = 100;
const maxTextLength = 8_192;

/** A copy of the facts that JSON can carry and that holds no secret. Never throws. */
export function cleanFacts(facts: object): Record<string, unknown> {
  if (facts instanceof Error) return { error: cleanError(facts, [facts]) };
  return cleanMembers(facts, [facts]);
}

/** @param above the objects that enclose this value: they tell depth and cycles. */
function clean(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '[circular]';
  if (above.length >= maxDepth) return '[deeper]';
  return cleanObject(value, [...above, value]);
}

export function cleanText(text: string): string {
  // Masked before it is cut: half a secret would no longer be recognised.
  const masked = maskText(text);
  return masked.length <= maxTextLength ? masked : `${masked.slice(0, maxTextLength)}… [${masked.length} characters]`;
}

function cleanObject(value: object, above: readonly object[]): unknown {
  if (value instanceof Error) return cleanError(value, above);
  if (Array.isArray(value)) return cleanItems(value, above);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Map || value instanceof Headers)
    return cleanMembers(Object.fromEntries(value as Iterable<[string, unknown]>), above);
  if (value instanceof Set) return cleanItems([...value], above);
  if (value instanceof URL || value instanceof URLSearchParams)
    return cleanText(`${value instanceof URL ? '' : '?'}${value}`);
  const ownForm = Reflect.get(value, 'toJSON');
  if (typeof ownForm === 'function') return guarded(() => clean(Reflect.apply(ownForm, value, []), above));
  return cleanMembers(value, above);
}

function cleanItems(items: readonly unknown[], above: readonly object[]): unknown[] {
  const shown = items
    .slice(0, maxItems)
    .map((item, index) =>
      isSecretHeader(items[index - 1]) && typeof item === 'string' ? secretMark : clean(item, above),
    );
  return items.length <= maxItems ? shown : [...shown, `[${items.length - maxItems} more]`];
}

function cleanMembers(value: object, above: readonly object[]): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(value))
    members[cleanText(name)] = guarded(() => cleanMember(name, Reflect.get(value, name), above));
  return members;
}

function cleanMember(name: string, value: unknown, above: readonly object[]): unknown {
  const holdsNothing = value === undefined || value === null || typeof value === 'boolean' || typeof value === 'number';
  const isCount = typeof value === 'number' && /tokens$|keys$|secrets$/i.test(name);
  if (isSecretName(name) && !(holdsNothing && (typeof value !== 'number' || isCount))) return secretMark;
  return clean(value, above);
}

/** Stacks are for the log only; nothing that leaves the process carries them. */
function cleanError(error: Error, above: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause, ...others } = { ...error, ...described(error) };
  return {
    type: name,
    message: cleanText(message),
    ...cleanMembers(others, above),
    stack: cleanText(stack),
    ...(cause === undefined ? {} : { cause: clean(cause, above) }),
  };
}

function described(error: Error): { name: string; message: string; stack: string; cause: unknown } {
  return { name: error.name, message: error.message, stack: error.stack ?? '', cause: error.cause };
}

/** A getter or `toJSON` that throws must not take the log line with it. */
function guarded(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    return `[unreadable: ${cleanText(error instanceof Error ? error.message : String(error))}]`;
  }
}
