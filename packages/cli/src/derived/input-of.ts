import type { Operation } from '@reeve/kernel';
import { UsageError } from '../errors.ts';
import type { Questions } from '../questions.ts';
import { pathParameters } from './command-line.ts';
import { dashed, isSecret, secretFields, type Flag } from './flag.ts';
import { valueOf } from './flag-value.ts';
import { readText } from './read-text.ts';

export type Written = Readonly<Record<string, string | string[] | boolean | undefined>>;

/**
 * Puts the input of an operation together: `--body` first, then flags over it, then the arguments of the path. What is
 * secret and missing is asked for: arguments stay in the history of the shell, and others on the machine can read them.
 * @throws ReeveError `usage`.
 */
export async function inputOf(
  operation: Operation,
  flags: readonly Flag[],
  args: readonly string[],
  written: Written,
  ask: Questions,
): Promise<Record<string, unknown>> {
  const input = typeof written['body'] === 'string' ? await bodyOf(written['body']) : {};
  const parameters = pathParameters(operation);
  for (const flag of flags) {
    const value = parameters.includes(flag.field) ? undefined : writtenFor(flag, written);
    if (value !== undefined) input[flag.field] = await valueOf(flag, value);
  }
  for (const [at, name] of parameters.entries()) {
    const flag = flags.find(({ field }) => field === name)!;
    input[name] = await valueOf(flag, args[at]!);
  }
  for (const { field } of flags.filter((flag) => isSecret(flag) && input[flag.field] === undefined))
    input[field] = await ask.secret(secretFields[field]!);
  const missing = flags.filter(({ required, field }) => required && input[field] === undefined);
  if (missing.length === 0) return input;
  throw UsageError.error(`needed: ${missing.map(({ field }) => `--${dashed(field)}`).join(', ')}`);
}

/** Commander names options in camel case, as inputs name their members. */
function writtenFor(flag: Flag, written: Written): string | string[] | boolean | undefined {
  return written[flag.field];
}

async function bodyOf(written: string): Promise<Record<string, unknown>> {
  const text = await readText(written);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw UsageError.error(`--body is not JSON: ${(cause as Error).message}`, { cause });
  }
  throw UsageError.error('--body must be a JSON object');
}
