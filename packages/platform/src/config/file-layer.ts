import { readFileSync } from 'node:fs';
import { nearestNames } from '@reeve/kernel';
import { parse, TomlError } from 'smol-toml';
import type { Assignment, Fault, Layer } from './fault.ts';
import type { SchemaFields } from './fields.ts';
import { fileSource, type Source } from './source.ts';

const noLayer: Layer = { assignments: [], faults: [] };

/**
 * Reads one TOML file.
 * @param name how people know the file: the path as they gave it.
 * @param mustExist whether its absence is a fault: of a file that somebody named it is.
 */
export function readFileLayer(path: string, name: string, mustExist: boolean, schema: SchemaFields): Layer {
  let toml: string;
  try {
    toml = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !mustExist) return noLayer;
    return faulty(fileSource(name, ''), code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${message}`);
  }
  return tomlLayer(toml, name, schema);
}

function tomlLayer(toml: string, name: string, schema: SchemaFields): Layer {
  try {
    return tableLayer(parse(toml), '', fileSource(name, toml), schema);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0];
    return faulty(fileSource(`${name}:${error.line}:${error.column}`, ''), `is not valid TOML: ${reason}`);
  }
}

function faulty(source: Source, message: string): Layer {
  return { assignments: [], faults: [{ path: '', message, source }] };
}

function tableLayer(table: object, prefix: string, source: Source, schema: SchemaFields): Layer {
  const assignments: Assignment[] = [];
  const faults: Fault[] = [];
  for (const [key, value] of Object.entries(table)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (schema.fields.some((field) => field.path === path)) assignments.push({ path, value, source });
    else if (!schema.sections.some((section) => section.path === path))
      faults.push({ path, message: unknownSetting(path, schema), source });
    else if (isTable(value)) {
      const inner = tableLayer(value, path, source, schema);
      assignments.push(...inner.assignments);
      faults.push(...inner.faults);
    } else
      faults.push({ path, message: `is a section, not a setting: write [${path}] and its settings below`, source });
  }
  return { assignments, faults };
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function unknownSetting(path: string, { fields, sections }: SchemaFields): string {
  const known = [...fields, ...sections].map((entry) => entry.path);
  const name = lastSegment(path);
  // The right name in the wrong section is a better guess than a similar path.
  const elsewhere = known.filter((candidate) => lastSegment(candidate) === name);
  const similarName = known.filter((candidate) => nearestNames(name, [lastSegment(candidate)]).length > 0);
  const [guess] = [...elsewhere, ...nearestNames(path, known), ...similarName];
  return guess === undefined ? 'there is no such setting' : `there is no such setting; did you mean ${guess}?`;
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
