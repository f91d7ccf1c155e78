/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/**
 * One text for one value: keys sorted by code unit, no spaces, no `undefined`. Digests and idempotency keys are taken
 * over this text, so two bodies that differ only in the order of keys are the same body.
 * @throws TypeError for values JSON cannot carry (functions, symbols, bigint, NaN, infinities, instances of classes).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return canonicalNumber(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') return canonicalObject(value as Record<string, unknown>);
  throw new TypeError(`canonical JSON cannot carry a ${typeof value}`);
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot carry ${value}`);
  return JSON.stringify(value);
}

function canonicalObject(value: Record<string, unknown>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`canonical JSON cannot carry a ${value.constructor.name}`);
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`);
  return `{${members.join(',')}}`;
}

/** Deeper than any value means anything, and far from where recursion over it would exhaust the stack. */
const levelsAtMost = 200;

/** Whether JSON can carry the value: no infinities, no `undefined`, no instances of classes, at most 200 levels deep. */
export function isJsonValue(value: unknown, levels = levelsAtMost): value is JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (levels > 0 && membersAreJson(value, levels - 1));
    default:
      return false;
  }
}

function membersAreJson(value: object, levels: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isJsonValue(item, levels));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const name in value) if (!isJsonValue((value as Record<string, unknown>)[name], levels)) return false;
  return true;
}
