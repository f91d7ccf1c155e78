import type { Operation } from '@reeve/kernel';
import { dashed, type Flag } from './flag.ts';

/** Names of the parameters in an operation's path, in order: they are arguments, all else is flags. */
export function pathParameters(operation: Operation): string[] {
  return [...operation.http.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
}

/** The command that carries out an operation with this input, to copy and paste; for examples and hints. */
export function commandLineOf(operation: Operation, flags: readonly Flag[], input: Readonly<Record<string, unknown>>) {
  const parameters = pathParameters(operation);
  const words = ['reeve', operation.domain, operation.verb];
  for (const name of parameters) words.push(quote(String(input[name])));
  for (const flag of flags) {
    if (!parameters.includes(flag.field) && input[flag.field] !== undefined)
      words.push(...written(flag, input[flag.field]));
  }
  return words.join(' ');
}

function written(flag: Flag, value: unknown): string[] {
  const name = `--${dashed(flag.field)}`;
  if (flag.kind === 'boolean') return value === true ? [name] : [`--no-${dashed(flag.field)}`];
  if (flag.kind === 'json') return [name, quote(JSON.stringify(value))];
  const items = flag.kind === 'pairs' ? Object.entries(value as object).map((pair) => pair.join('=')) : [value].flat();
  return items.flatMap((item) => [
    name,
    quote(typeof item === 'object' ? namedText(flag, item as object) : String(item)),
  ]);
}

function namedText(flag: Flag, item: Record<string, unknown> | object): string {
  const { name, [flag.member]: value } = item as Record<string, unknown>;
  return value === undefined ? String(name) : `${String(name)}=${String(value)}`;
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
