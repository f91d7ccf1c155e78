import type { JsonSchema } from '@reeve/sdk';

/**
 * How the value of a flag is written. `named` is a list of things with a name and one number, written `name=number`;
 * `pairs` are written `key=value`; `list` and `named` and `pairs` are given once for each item.
 */
export type FlagKind = 'text' | 'number' | 'boolean' | 'choice' | 'list' | 'named' | 'pairs' | 'json';

/** A member of an operation's input as a flag or, when it stands in the path, as an argument. */
export interface Flag {
  /** Name in the input, such as `timeoutMs`. */
  readonly field: string;
  readonly kind: FlagKind;
  readonly required: boolean;
  readonly choices: readonly string[];
  readonly defaultValue: unknown;
  /** Whether `null` may be given (`--no-region`), which takes a value away. */
  readonly nullable: boolean;
  /** Of `named`: the member beside the name. Of `list`: empty. */
  readonly member: string;
  /** Of the value, or of a list's items: whether it is written as a number. */
  readonly numeric: boolean;
}

/** What is asked for rather than written on the command line, and how. */
export const secretFields: Readonly<Record<string, string>> = {
  password: 'Password',
  newPassword: 'New password',
  refreshToken: 'Refresh token',
};

export function isSecret({ field, required }: Pick<Flag, 'field' | 'required'>): boolean {
  return required && Object.hasOwn(secretFields, field);
}

/** The flags of an input, in the order of its definition. */
export function flagsOf(schema: JsonSchema): Flag[] {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([field, property]) =>
    flagOf(field, property, required.has(field)),
  );
}

function flagOf(field: string, property: JsonSchema, required: boolean): Flag {
  const core = withoutNull(property);
  const nullable = core !== property;
  const base = { field, required, nullable, defaultValue: property.default, choices: [], member: '', numeric: false };
  if (core.enum !== undefined) return { ...base, kind: 'choice', choices: core.enum.map(String) };
  switch (core.type) {
    case 'string':
      return { ...base, kind: 'text' };
    case 'boolean':
      return { ...base, kind: 'boolean' };
    case 'integer':
    case 'number':
      return { ...base, kind: 'number', numeric: true };
    case 'array':
      return { ...base, ...listKind(core.items ?? {}) };
    case 'object':
      return { ...base, kind: isTextRecord(core) ? 'pairs' : 'json' };
    default:
      return { ...base, kind: 'json' };
  }
}

/** `null` comes as one of two types, or as one of two schemas. */
function withoutNull(schema: JsonSchema): JsonSchema {
  if (Array.isArray(schema.type)) {
    const types = (schema.type as readonly string[]).filter((type) => type !== 'null');
    return types.length === 1 ? { ...schema, type: types[0]! } : schema;
  }
  const others = schema.anyOf?.filter(({ type }) => type !== 'null');
  return others?.length === 1 && schema.anyOf!.length === 2 ? others[0]! : schema;
}

function listKind(items: JsonSchema): Pick<Flag, 'kind' | 'member' | 'numeric' | 'choices'> {
  const none = { choices: [], member: '', numeric: false };
  if (items.enum !== undefined) return { ...none, kind: 'list', choices: items.enum.map(String) };
  if (items.type === 'string' || isNumber(items)) return { ...none, kind: 'list', numeric: isNumber(items) };
  const member = isNamed(items) ? numbersOf(items)[0]! : '';
  return member === '' ? { ...none, kind: 'json' } : { ...none, kind: 'named', member, numeric: true };
}

/** A name and one number are enough for an item; whatever else it may have is for `--body`. */
function isNamed({ properties = {}, required = [] }: JsonSchema): boolean {
  const numbers = numbersOf({ properties });
  const isEnough = required.every((member) => member === 'name' || numbers.includes(member));
  return properties['name']?.type === 'string' && numbers.length === 1 && isEnough;
}

function numbersOf({ properties = {} }: JsonSchema): string[] {
  return Object.keys(properties).filter((member) => isNumber(properties[member]!));
}

function isNumber({ type }: JsonSchema): boolean {
  return type === 'number' || type === 'integer';
}

function isTextRecord(schema: JsonSchema): boolean {
  const values = schema.additionalProperties;
  return schema.properties === undefined && typeof values === 'object' && values.type === 'string';
}

/** `maxAttempts` as `max-attempts`. */
export function dashed(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
