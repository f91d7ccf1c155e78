import { resolve } from 'node:path';
import { maskText } from '../log/sensitive.ts';
import type { z } from 'zod';
import { readEnvironmentLayer, type Environment } from './environment-layer.ts';
import { faultLine, faultsError, type Assignment, type Fault, type Layer } from './fault.ts';
import { fieldsOf, type Field, type SchemaFields } from './fields.ts';
import { readFileLayer } from './file-layer.ts';
import { referenceMember, resolveSecret, type SecretContext } from './resolve-secret.ts';
import { defaultSource, optionSource, type Source } from './source.ts';

export interface LoadOptions<Schema extends z.ZodObject> {
  readonly schema: Schema;
  /** Where `reeve.toml` and `reeve.<environment>.toml` are looked for, and where relative paths start. */
  readonly directory: string;
  /** Further files, in order; each must exist. */
  readonly files?: readonly string[];
  /** Decides over REEVE_ENV and `environment` in `reeve.toml`. */
  readonly environmentName?: string;
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
 * environment variables; what comes later wins, setting by setting.
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

function readLayers(options: LoadOptions<z.ZodObject>, env: Environment, schema: SchemaFields) {
  const { directory, files = [] } = options;
  const base = readFileLayer(resolve(directory, 'reeve.toml'), 'reeve.toml', false, schema);
  const environment = environmentOf(options, env, base, schema);
  const ownFile = `reeve.${environment.name}.toml`;
  const later = [
    ...(environment.known ? [readFileLayer(resolve(directory, ownFile), ownFile, false, schema)] : []),
    ...files.map((file) => readFileLayer(resolve(directory, file), file, true, schema)),
  ];
  const variables = readEnvironmentLayer(env, schema, referencedVariables([base, ...later]));
  const decided: Layer = {
    assignments: environment.assignments,
    faults: later.flatMap(contradicting(environment.name)),
  };
  return { environment: environment.name, layers: [base, ...later, variables, decided] };
}

/** The environment decides which file is read, so it is known before: option, REEVE_ENV, `reeve.toml`, default. */
function environmentOf(options: LoadOptions<z.ZodObject>, env: Environment, base: Layer, schema: SchemaFields) {
  const field = schema.fields.find(({ path }) => path === 'environment');
  const inBase = base.assignments.find(({ path }) => path === 'environment')?.value;
  const candidates = [
    options.environmentName,
    env['REEVE_ENV'] || undefined,
    inBase,
    field?.defaultValue,
    'development',
  ];
  const name = String(candidates.find((candidate) => candidate !== undefined));
  // Only a known name becomes part of a file name.
  const known = field ? field.schema.safeParse(name).success : /^[a-z]+$/.test(name);
  const assignments: Assignment[] =
    field && options.environmentName !== undefined ? [{ path: 'environment', value: name, source: optionSource }] : [];
  return { name, known, assignments };
}

function contradicting(name: string): (layer: Layer) => Fault[] {
  return ({ assignments }) =>
    assignments
      .filter(({ path, value }) => path === 'environment' && value !== name)
      .map(({ path, source }) => ({
        path,
        source,
        message: `comes too late: the environment is already ${name}; set it by REEVE_ENV or in reeve.toml`,
      }));
}

function referencedVariables(layers: readonly Layer[]): Set<string> {
  const names = layers.flatMap(({ assignments }) => assignments.map(({ value }) => referenceMember(value, 'env')));
  return new Set(names.filter((name) => name !== undefined));
}

interface Outcome {
  readonly path: string;
  readonly value: unknown;
  readonly fault?: Fault;
  readonly warning?: string;
}

function settle(field: Field, assignment: Assignment | undefined, context: SecretContext): Outcome {
  const { path, nature, schema } = field;
  const fallback = defaultOf(field, context.environment);
  if (!assignment) return missing(field, fallback, context.environment);
  const { source } = assignment;
  if (nature.secret) {
    const resolution = resolveSecret(assignment, context);
    if ('fault' in resolution) return { path, value: undefined, fault: { path, source, message: resolution.fault } };
    const { secret, warning } = resolution;
    return {
      path,
      value: secret,
      ...(warning === undefined ? {} : { warning: faultLine({ path, source, message: warning }) }),
    };
  }
  const parsed = schema.safeParse(assignment.value);
  if (parsed.success) return { path, value: parsed.data };
  const message = `must be ${nature.expects}, not ${shown(assignment.value)}`;
  return { path, value: fallback, fault: { path, source, message } };
}

function missing(field: Field, fallback: unknown, environment: string): Outcome {
  const { path, optional, variable, environmentRule } = field;
  const required = environmentRule.requiredIn?.includes(environment) || (fallback === undefined && !optional);
  if (!required) return { path, value: fallback };
  const message = `must be set in ${environment}: in a file, or by ${variable}`;
  return { path, value: fallback, fault: { path, message, source: defaultSource } };
}

export function defaultOf({ environmentRule, defaultValue }: Field, environment: string): unknown {
  return environmentRule.defaults?.[environment] ?? defaultValue;
}

/** A refused value in a message: short, and without a password that a URL may hold. */
function shown(value: unknown): string {
  const text = maskText(JSON.stringify(value) ?? String(value));
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`;
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
