import { resolve } from 'node:path';
import { readEnvironmentLayer, type Environment } from './environment-layer.ts';
import type { Layer } from './fault.ts';
import type { SchemaFields } from './fields.ts';
import { readFileLayer } from './file-layer.ts';
import { referenceMember } from './resolve-secret.ts';
import { flagSource } from './source.ts';

export interface LayerOptions {
  readonly directory: string;
  readonly files?: readonly string[];
  readonly flags?: Flags;
}

/** Settings by path, as a command line gave them. */
export type Flags = Readonly<Record<string, string | number | boolean>>;

export interface ReadLayers {
  readonly environment: string;
  /** In the order in which they win over each other, the strongest last. */
  readonly layers: readonly Layer[];
}

/** Reads all files and variables. */
export function readLayers(options: LayerOptions, env: Environment, schema: SchemaFields): ReadLayers {
  const { directory, files = [] } = options;
  const base = readFileLayer(resolve(directory, 'reeve.toml'), 'reeve.toml', false, schema);
  const { name, isKnown } = environmentOf(options, env, base, schema);
  const ownFile = `reeve.${name}.toml`;
  const later = [
    ...(isKnown ? [readFileLayer(resolve(directory, ownFile), ownFile, false, schema)] : []),
    ...files.map((file) => readFileLayer(resolve(directory, file), file, true, schema)),
  ].map((layer) => withoutOtherEnvironment(layer, name));
  const variables = readEnvironmentLayer(env, schema, referencedVariables([base, ...later]));
  return { environment: name, layers: [base, ...later, variables, flagLayer(options)] };
}

/** The environment decides which file is read, so it is known before: flag, REEVE_ENV, `reeve.toml`, default. */
function environmentOf(options: LayerOptions, env: Environment, base: Layer, schema: SchemaFields) {
  const field = schema.fields.find(({ path }) => path === 'environment');
  const inBase = base.assignments.find(({ path }) => path === 'environment')?.value;
  const candidates = [options.flags?.['environment'], env['REEVE_ENV'] || undefined, inBase, field?.defaultValue];
  const name = String(candidates.find((candidate) => candidate !== undefined) ?? 'development');
  // Only a known name becomes part of a file name.
  const isKnown = field ? field.schema.safeParse(name).success : /^[a-z]+$/.test(name);
  return { name, isKnown };
}

function flagLayer({ flags = {} }: LayerOptions): Layer {
  const assignments = Object.entries(flags).map(([path, value]) => ({ path, value, source: flagSource }));
  return { assignments, faults: [] };
}

/** A file that was chosen by the environment, or comes after that choice, cannot revise it. */
function withoutOtherEnvironment({ assignments, faults }: Layer, name: string): Layer {
  const others = assignments.filter(({ path, value }) => path === 'environment' && value !== name);
  const message = `comes too late: the environment is already ${name}; set it by REEVE_ENV or in reeve.toml`;
  return {
    assignments: assignments.filter((assignment) => !others.includes(assignment)),
    faults: [...faults, ...others.map(({ path, source }) => ({ path, source, message }))],
  };
}

function referencedVariables(layers: readonly Layer[]): Set<string> {
  const names = layers.flatMap(({ assignments }) => assignments.map(({ value }) => referenceMember(value, 'env')));
  return new Set(names.filter((name) => name !== undefined));
}
