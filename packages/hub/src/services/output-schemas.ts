import { InvalidInput, type JsonValue } from '@reeve/kernel';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

const schemaLimitLength = 16 * 1024;
const deepest = 20;
/** Compiled schemas that are kept; a job uses one for many tasks. */
const kept = 256;

/**
 * Keywords of which each part of a schema looks at each part of an output at most once. References (which may recurse),
 * patterns (which may take exponential time) and `uniqueItems` (quadratic) are not among them.
 */
const keywords = new Set(
  (
    '$schema title description default examples type enum const properties required additionalProperties ' +
    'minProperties maxProperties items additionalItems minItems maxItems contains minimum maximum exclusiveMinimum ' +
    'exclusiveMaximum multipleOf minLength maxLength allOf anyOf oneOf not if then else'
  ).split(' '),
);
/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const single = new Set(['additionalProperties', 'items', 'additionalItems', 'contains', 'not', 'if', 'then', 'else']);
const several = new Set(['allOf', 'anyOf', 'oneOf', 'items']);

/** Compiles the schemas of submitters, within bounds, and judges outputs by them. */
export class OutputSchemas {
  readonly #ajv = new Ajv({
    strict: true,
    strictTypes: false,
    strictTuples: false,
    validateSchema: true,
    addUsedSchema: false,
  });
  readonly #compiled = new Map<string, ValidateFunction>();

  /** @throws InvalidInput naming what is wrong with the schema. */
  check(schema: JsonValue): void {
    this.#compile(schema);
  }

  /** Why the output does not satisfy the schema, or `undefined` when it does. */
  fault(schema: JsonValue, output: unknown): string | undefined {
    const validate = this.#compile(schema);
    return validate(output) ? undefined : told(validate.errors?.[0]);
  }

  #compile(schema: JsonValue): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.#compiled.get(key);
    if (known) return known;
    if (key.length > schemaLimitLength)
      throw wrong(`has ${key.length} characters; at most ${schemaLimitLength} are accepted`);
    refuseUnbounded(schema, 0);
    const validate = this.#compileWith(schema as Record<string, unknown>);
    this.#compiled.set(key, validate);
    const [oldest] = this.#compiled.keys();
    if (this.#compiled.size > kept) this.#compiled.delete(oldest!);
    return validate;
  }

  #compileWith(schema: Record<string, unknown>): ValidateFunction {
    try {
      return this.#ajv.compile(schema);
    } catch (error) {
      throw wrong(`is not a JSON Schema: ${(error as Error).message}`);
    } finally {
      // Ajv keeps what it compiles by the identity of the schema, without bound.
      this.#ajv.removeSchema(schema);
    }
  }
}

function refuseUnbounded(schema: unknown, depth: number): void {
  if (depth > deepest) throw wrong(`is more than ${deepest} levels deep`);
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    if (!keywords.has(keyword)) throw wrong(`has the keyword ${keyword}, which is not supported`);
    for (const inner of schemasIn(keyword, value)) refuseUnbounded(inner, depth + 1);
  }
}

function schemasIn(keyword: string, value: unknown): unknown[] {
  if (keyword === 'properties') return Object.values(value as object);
  if (several.has(keyword) && Array.isArray(value)) return value;
  return single.has(keyword) ? [value] : [];
}

function wrong(message: string): Error {
  return InvalidInput.error(`the output schema ${message}`, {
    issues: [{ path: ['verify', 'outputSchema'], message }],
  });
}

function told(error: ErrorObject | undefined): string {
  return `output${error?.instancePath ?? ''} ${error?.message ?? 'does not fit'}`.slice(0, 500);
}
