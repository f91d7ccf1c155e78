import type { z } from 'zod';
import { fieldNatures, type FieldNature } from './field.ts';
import { environmentRules, type EnvironmentRule } from './per-environment.ts';

/** A single setting, found by walking the schema. */
export interface Field {
  /** Path with dots, such as `hub.leaseTtlMs`. */
  readonly path: string;
  readonly description: string;
  readonly nature: FieldNature;
  readonly schema: z.ZodType;
  readonly optional: boolean;
  readonly defaultValue: unknown;
  readonly environmentRule: EnvironmentRule;
  /** Environment variable, such as `REEVE_HUB_LEASE_TTL_MS`. */
  readonly variable: string;
}

/** A section of the file, such as `[hub]`. */
interface Section {
  readonly path: string;
  readonly description: string;
}

export interface SchemaFields {
  readonly fields: readonly Field[];
  readonly sections: readonly Section[];
}

const known = new WeakMap<z.ZodObject, SchemaFields>();

/**
 * All fields and sections of a schema, in its order.
 * @throws Error for a field that is not made of the building blocks of `field.ts`: nobody could read its text or say
 * what it expects.
 */
export function fieldsOf(schema: z.ZodObject): SchemaFields {
  const found = known.get(schema) ?? walk(schema, '');
  known.set(schema, found);
  return found;
}

function walk(schema: z.ZodObject, prefix: string): SchemaFields {
  const fields: Field[] = [];
  const sections: Section[] = [];
  for (const [name, member] of Object.entries(schema.shape) as Array<[string, z.ZodType]>) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isObject(member)) {
      const inner = walk(member, path);
      sections.push({ path, description: member.description ?? '' }, ...inner.sections);
      fields.push(...inner.fields);
    } else fields.push(fieldAt(path, member));
  }
  return { fields, sections };
}

function isObject(schema: z.ZodType): schema is z.ZodObject {
  return schema.def.type === 'object';
}

function fieldAt(path: string, schema: z.ZodType): Field {
  const { core, defaultValue, optional } = unwrap(schema);
  const nature = fieldNatures.get(core);
  if (!nature) throw new Error(`configuration field ${path} must be made of the building blocks of config/field.ts`);
  const description = schema.description ?? '';
  const environmentRule = environmentRules.get(schema) ?? {};
  return {
    path,
    description,
    nature,
    schema: core,
    optional,
    defaultValue,
    environmentRule,
    variable: variableOf(path),
  };
}

interface Unwrapped {
  readonly core: z.ZodType;
  readonly defaultValue?: unknown;
  readonly optional: boolean;
}

function unwrap(schema: z.ZodType): Unwrapped {
  const def = schema.def as { type: string; innerType?: z.ZodType; defaultValue?: unknown };
  if (def.type === 'default') return { ...unwrap(def.innerType!), defaultValue: def.defaultValue };
  if (def.type === 'optional') return { ...unwrap(def.innerType!), optional: true };
  return { core: schema, optional: false };
}

/** `hub.leaseTtlMs` → `REEVE_HUB_LEASE_TTL_MS`; the environment's own name is short, as everyone writes it. */
function variableOf(path: string): string {
  if (path === 'environment') return 'REEVE_ENV';
  const words = path.replaceAll('.', '_').replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2');
  return `REEVE_${words.toUpperCase()}`;
}
