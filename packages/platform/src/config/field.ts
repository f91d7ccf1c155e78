import { formatDurationMs, parseDurationMs } from '@reeve/kernel';
import { z } from 'zod';
import type { Secret } from './secret.ts';
import { formatSizeBytes, parseSizeBytes } from './size.ts';

/** What the loader and the documentation know of a field beyond its schema. */
export interface FieldNature {
  /** Completes "must be …". */
  readonly expects: string;
  /** Reads the text of an environment variable; what it cannot read it returns as it is, for the schema to refuse. */
  readonly fromText: (text: string) => unknown;
  /** Writes a value for people and for TOML files. */
  readonly toText: (value: unknown) => string;
  readonly secret?: true;
  /** A value that would do, where there is no default. */
  readonly example?: string;
}

/** Nature by schema; zod carries it, so that the schema alone is enough to load, describe and document. */
export const fieldNatures = z.registry<FieldNature>();

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

function withNature<Schema extends z.ZodType>(schema: Schema, nature: FieldNature): Schema {
  fieldNatures.add(schema, nature);
  return schema;
}

const quoted = (value: unknown): string => JSON.stringify(value);

/** A whole number. */
export function integer({ min = 0, max = Number.MAX_SAFE_INTEGER }: Bounds = {}) {
  return withNature(z.int().min(min).max(max), {
    expects: `a whole number ${rangeText(String(min), max === Number.MAX_SAFE_INTEGER ? undefined : String(max))}`,
    fromText: numberFromText,
    toText: String,
  });
}

/** A number with a fraction. */
export function fraction({ min = 0, max = 1 }: Bounds = {}) {
  return withNature(z.number().min(min).max(max), {
    expects: `a number from ${min} to ${max}`,
    fromText: numberFromText,
    toText: String,
  });
}

/** `true` or `false`. */
export function flag() {
  return withNature(z.boolean(), {
    expects: 'true or false',
    fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
    toText: String,
  });
}

/** Text of at least one character; `expects` says which, when not every text will do. What has no default is a path, unless there is another example. */
export function text(pattern: RegExp = /./, expects = 'text', example = '/path/of/the/file') {
  return withNature(z.string().regex(pattern), { expects, fromText: (given) => given, toText: quoted, example });
}

/** One of a few words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
  return withNature(z.enum(words), {
    expects: `one of ${words.join(', ')}`,
    fromText: (given) => given,
    toText: quoted,
  });
}

/** A list of texts; in an environment variable separated by commas. */
export function textList(pattern: RegExp, expects: string) {
  return withNature(z.array(z.string().regex(pattern)), {
    expects: `a list of ${expects}`,
    fromText: (given) => given.split(',').map((item) => item.trim()),
    toText: quoted,
  });
}

/** Milliseconds, as a number or with a unit: `30000`, `"30s"`, `"24h"`. */
export function durationMs({ min = 0, max = 366 * 86_400_000 }: Bounds = {}) {
  return withNature(z.preprocess(fromUnits(parseDurationMs), z.int().min(min).max(max)), {
    expects: `a duration ${rangeText(durationText(min), durationText(max))}, such as "30s" or 30000 (milliseconds)`,
    fromText: numberFromText,
    toText: (value) => quotedUnlessNumber(durationText(value)),
  });
}

/** Bytes, as a number or with a unit: `1048576`, `"1MiB"`. */
export function sizeBytes({ min = 1, max = 2 ** 40 }: Bounds = {}) {
  return withNature(z.preprocess(fromUnits(parseSizeBytes), z.int().min(min).max(max)), {
    expects: `a size ${rangeText(formatSizeBytes(min), formatSizeBytes(max))}, such as "1MiB" or 1048576 (bytes)`,
    fromText: numberFromText,
    toText: (value) => quotedUnlessNumber(formatSizeBytes(Number(value))),
  });
}

/** A secret, given by reference: `{ env = "NAME" }` or `{ file = "/path" }`. It is read when it is needed. */
export function secret() {
  return withNature(z.custom<Secret>(), {
    expects: 'a reference to a secret: { env = "NAME" } or { file = "/path" }',
    fromText: (given) => given,
    toText: () => quoted('[secret]'),
    secret: true,
  });
}

function fromUnits(parse: (given: string) => number | undefined): (given: unknown) => unknown {
  return (given) => (typeof given === 'string' ? (parse(given) ?? given) : given);
}

function numberFromText(given: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(given.trim()) ? Number(given) : given;
}

/** `formatDurationMs` rounds for reading; here the value has to come back exactly. */
function durationText(value: unknown): string {
  const ms = Number(value);
  const short = formatDurationMs(ms);
  return ms > 0 && parseDurationMs(short) === ms ? short : String(ms);
}

function quotedUnlessNumber(given: string): string {
  return /^\d+$/.test(given) ? given : quoted(given);
}

function rangeText(min: string, max: string | undefined): string {
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
}
