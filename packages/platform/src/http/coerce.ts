import { z } from 'zod';

/** How the text of a path or query member becomes the value that its schema wants. */
export type Coercion = 'text' | 'number' | 'boolean' | { readonly listOf: 'text' | 'number' | 'boolean' };

const numberText = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** What a schema wants; decided once per member, when the route is made. */
export function coercionFor(schema: z.core.$ZodType): Coercion {
  const core = unwrapped(schema);
  if (core instanceof z.ZodArray) {
    const element = coercionFor(core.element);
    return { listOf: typeof element === 'object' ? 'text' : element };
  }
  return scalarFor(core);
}

function scalarFor(schema: z.core.$ZodType): 'text' | 'number' | 'boolean' {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodLiteral) return typeof [...schema.values][0] === 'number' ? 'number' : 'text';
  return 'text';
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodCatch ||
    schema instanceof z.ZodReadonly
  )
    return unwrapped(schema.def.innerType);
  if (schema instanceof z.ZodPipe) return unwrapped(schema.def.in);
  if (schema instanceof z.ZodLazy) return unwrapped(schema.def.getter());
  return schema;
}

/** A text that does not have the form stays text, so that the schema says what is wrong with it. */
export function coerceText(text: string, wanted: 'text' | 'number' | 'boolean'): string | number | boolean {
  if (wanted === 'number' && numberText.test(text)) return Number(text);
  if (wanted === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
