import { z } from 'zod';
import type { JsonObject } from './json-object.ts';

/**
 * JSON Schemas of zod schemas. Those with an id (`.meta({ id })`) become components and are referred to; an id that
 * reads differently as input and as output gets a component for each.
 */
export class SchemaCollector {
  readonly collected: JsonObject = {};

  describe(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
    const { $schema: _, $defs, ...described } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonObject;
    const names = new Map<string, string>();
    for (const [id, definition] of Object.entries(($defs ?? {}) as JsonObject))
      names.set(id, this.#nameFor(id, definition as JsonObject, io));
    for (const [id, definition] of Object.entries(($defs ?? {}) as JsonObject))
      this.collected[names.get(id)!] = withReferences(definition, names);
    return withReferences(described, names) as JsonObject;
  }

  #nameFor(id: string, definition: JsonObject, io: 'input' | 'output'): string {
    const safe = id.replace(/[^A-Za-z0-9._-]/g, '_');
    // Recursive schemas without an id of their own get one that counts within a single schema.
    const named = safe.startsWith('__') ? `${safe.slice(2)}_${Object.keys(this.collected).length}` : safe;
    const known = this.collected[named];
    const same = known === undefined || JSON.stringify(known) === JSON.stringify(definition);
    return same ? named : `${named}.${io}`;
  }
}

const local = '#/$defs/';

function withReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withReferences(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => {
    const refers = name === '$ref' && typeof member === 'string' && member.startsWith(local);
    if (refers) return [name, `#/components/schemas/${names.get(member.slice(local.length)) ?? member}`];
    return [name, withReferences(member, names)];
  });
  return Object.fromEntries(members);
}
