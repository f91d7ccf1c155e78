import { maskText } from '../log/sensitive.ts';
import type { Field } from './fields.ts';
import type { LoadedConfiguration } from './load.ts';
import { Secret } from './secret.ts';
import { defaultSource } from './source.ts';

/** One setting, as `reeve config show` tells it. */
export interface DescribedSetting {
  readonly path: string;
  /** As it would be written in a file; a secret only as the reference to it, or as `[secret]`; `null` when not set. */
  readonly value: string | null;
  /** `default`, `file reeve.toml:12`, `environment REEVE_PORT`, `command line`. */
  readonly source: string;
  readonly description: string;
}

/** Every setting with its value, masked, and where that comes from; in the order of the schema. */
export function describeConfiguration(loaded: LoadedConfiguration<object>): DescribedSetting[] {
  return loaded.schema.fields.map((field) => ({
    path: field.path,
    value: shownValue(field, valueAt(loaded.value, field.path)),
    source: (loaded.sources.get(field.path) ?? defaultSource).describe(field.path),
    description: field.description,
  }));
}

/** The settings as a table for terminals: path, value, source. */
export function configurationTable(settings: readonly DescribedSetting[]): string {
  const rows = settings.map(({ path, value, source }) => [path, value ?? '(not set)', source] as const);
  const pathWidth = Math.max(...rows.map(([path]) => path.length));
  const valueWidth = Math.min(60, Math.max(...rows.map(([, value]) => value.length)));
  return rows
    .map(([path, value, source]) => `${path.padEnd(pathWidth)}  ${value.padEnd(valueWidth)}  ${source}`)
    .join('\n');
}

function shownValue({ nature }: Field, value: unknown): string | null {
  if (value === undefined) return null;
  if (value instanceof Secret) return referenceText(value);
  return maskText(nature.toText(value));
}

function referenceText({ reference }: Secret): string {
  if (reference.kind === 'env') return `{ env = ${JSON.stringify(reference.name)} }`;
  if (reference.kind === 'file') return `{ file = ${JSON.stringify(reference.path)} }`;
  return '[secret]';
}

function valueAt(value: object, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], value);
}
