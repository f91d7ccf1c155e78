import type { z } from 'zod';
import type { Environment } from './environment-layer.ts';
import { faultsError } from './fault.ts';
import { fieldsOf, type SchemaFields } from './fields.ts';
import { readLayers, type Flags } from './layers.ts';
import { settle, type Outcome } from './settle.ts';
import { defaultSource, type Source } from './source.ts';

export interface LoadOptions<Schema extends z.ZodObject> {
  readonly schema: Schema;
  /** Where `reeve.toml` and `reeve.<environment>.toml` are looked for, and where relative paths start. */
  readonly directory: string;
  /** Further files, in order; each must exist. */
  readonly files?: readonly string[];
  /** From the command line; they win over everything else. */
  readonly flags?: Flags;
  /** The environment variables; those of the process when not given. */
  readonly env?: Environment;
  /** What must hold between settings. Runs even when single ones are at fault, with their defaults in their place. */
  readonly rules?: (value: z.output<Schema>) => ReadonlyArray<{ readonly path: string; readonly message: string }>;
}

export interface LoadedConfiguration<Value> {
  readonly value: Value;
  readonly environment: string;
  /** Source of each field, by path. */
  readonly sources: ReadonlyMap<string, Source>;
  /** What is accepted here but would not be in production; for the log. */
  readonly warnings: readonly string[];
  readonly schema: SchemaFields;
}

/**
 * Loads the configuration: defaults of the schema, `reeve.toml`, `reeve.<environment>.toml`, further files in order,
 * environment variables, flags; what comes later wins, setting by setting.
 * @throws InvalidConfiguration with every fault there is, each with its file and line or its variable.
 */
export function loadConfiguration<Schema extends z.ZodObject>(
  options: LoadOptions<Schema>,
): LoadedConfiguration<z.output<Schema>> {
  const { directory, env = process.env } = options;
  const schema = fieldsOf(options.schema);
  const { environment, layers } = readLayers(options, env, schema);
  const winners = new Map(layers.flatMap(({ assignments }) => assignments).map((entry) => [entry.path, entry]));
  const outcomes = schema.fields.map((field) =>
    settle(field, winners.get(field.path), { env, directory, environment }),
  );

  const value = nested(outcomes) as z.output<Schema>;
  const faults = [...layers.flatMap((layer) => layer.faults), ...outcomes.flatMap(({ fault }) => fault ?? [])];
  const sources = new Map(schema.fields.map(({ path }) => [path, winners.get(path)?.source ?? defaultSource]));
  const atFault = new Set(faults.map(({ path }) => path));
  for (const { path, message } of options.rules?.(value) ?? [])
    if (!atFault.has(path)) faults.push({ path, message, source: sources.get(path) ?? defaultSource });
  if (faults.length > 0) throw faultsError(faults);
  return { value, environment, sources, warnings: outcomes.flatMap(({ warning }) => warning ?? []), schema };
}

function nested(outcomes: readonly Outcome[]): object {
  const root: Record<string, unknown> = {};
  for (const { path, value } of outcomes) {
    const names = path.split('.');
    const last = names.pop()!;
    let table = root;
    for (const name of names) table = (table[name] ??= {}) as Record<string, unknown>;
    table[last] = value;
  }
  return root;
}
