import { z } from 'zod';
import type { JsonObject } from './json-object.ts';

const local = '#/$defs/';

/**
 * JSON Schemas of zod schemas. Those with an id (`.meta({ id })`) become components and are referred to; an id that reads differently as input and as output gets a component for each.
 */
export class SchemaCollector {
  readonly collected: JsonObject = {};

  describe(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
    const { $schema: _, $defs = {}, ...described } = jsonSchema(schema, io);
    const definitions = Object.entries($defs as Record<string, JsonObject>);
    const names = new Map(definitions.map(([id, definition]) => [id, this.#nameFor(id, definition, io)]));
    for (const [id, definition] of definitions) this.collected[names.get(id)!] = withReferences(definition, names);
    return withReferences(described, names) as JsonObject;
  }

  #nameFor(id: string, definition: JsonObject, io: 'input' | 'output'): string {
    if (id.startsWith('__')) throw new Error(`a recursive schema needs an id: ${JSON.stringify(definition)}`);
    const name = id.replace(/[^A-Za-z0-9._-]/g, '_');
    const { id: _, ...rest } = definition;
    const known = this.collected[name];
    const same = known === undefined || JSON.stringify(known) === JSON.stringify(rest);
    return same ? name : `${name}.${io}`;
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  return z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: described }) {
      // Answers may gain members: a client that refuses them would break with the next version.
      const open = zodSchema instanceof z.ZodObject && zodSchema.def.catchall === undefined;
      if (io === 'output' && open) delete described.additionalProperties;
    },
  }) as JsonObject;
}

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
