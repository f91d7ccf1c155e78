import {
  Forbidden,
  InvalidInput,
  MalformedRequest,
  NotFound,
  RateLimited,
  Unauthenticated,
  ApprovalRequired,
  GuardDenied,
  IdempotencyConflict,
  type ErrorKind,
  type Operation,
} from '@reeve/kernel';
import { z } from 'zod';
import { Planned } from '../../api/planned.ts';
import { strictAtTop } from '../../operations/validate.ts';
import type { JsonObject } from './json-object.ts';
import type { SchemaCollector } from './schemas.ts';

export function describeOperation(operation: Operation, schemas: SchemaCollector): JsonObject {
  const { http, access, effect } = operation;
  const input = inputOf(operation, schemas);
  return {
    operationId: operation.name,
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    tags: [operation.domain],
    security: access === 'public' ? [{}, { apiKey: [] }] : [{ apiKey: [] }],
    parameters: [...input.parameters, ...optionsOf(operation)],
    ...(input.body === undefined ? {} : { requestBody: bodyOf(operation, input.body) }),
    responses: {
      [http.status ?? 200]: success(operation, schemas),
      ...(effect === 'consequential' && (http.status ?? 200) !== 200 ? { 200: dryRunAnswer(schemas) } : {}),
      ...errorResponses(errorsOf(operation)),
    },
    'x-permission': access,
    'x-effect': effect,
  };
}

interface DescribedInput {
  readonly parameters: JsonObject[];
  readonly body: JsonObject | undefined;
}

function inputOf({ input, http }: Operation, schemas: SchemaCollector): DescribedInput {
  const inPath = [...http.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!);
  const described = schemas.describe(strictAtTop(input), 'input');
  if (!(input instanceof z.ZodObject) || described['type'] !== 'object')
    return { parameters: inPath.map((name) => parameter(name, 'path', { type: 'string' }, true)), body: described };
  const properties = (described['properties'] ?? {}) as Record<string, JsonObject>;
  const required = (described['required'] ?? []) as string[];
  const rest = Object.keys(properties).filter((name) => !inPath.includes(name));
  const parameters = inPath.map((name) => parameter(name, 'path', properties[name] ?? { type: 'string' }, true));
  if (http.method === 'GET') {
    const inQuery = rest.map((name) => parameter(name, 'query', properties[name]!, required.includes(name)));
    return { parameters: [...parameters, ...inQuery], body: undefined };
  }
  if (rest.length === 0) return { parameters, body: undefined };
  const body = {
    ...described,
    properties: Object.fromEntries(rest.map((name) => [name, properties[name]])),
    required: required.filter((name) => rest.includes(name)),
  };
  return { parameters, body };
}

export function parameter(name: string, where: 'path' | 'query', schema: JsonObject, required: boolean): JsonObject {
  const { description, ...rest } = schema;
  return { name, in: where, required, schema: rest, ...(description === undefined ? {} : { description }) };
}

function optionsOf({ effect }: Operation): JsonObject[] {
  if (effect === 'read') return [];
  const key = {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
    description: 'The same key with the same body has one effect and gets the same answer again.',
  };
  if (effect === 'write') return [key];
  const dryRun = {
    name: 'dryRun',
    in: 'query',
    required: false,
    schema: { type: 'boolean', default: false },
    description: 'Answer the plan, its digest and what the guards found; do nothing.',
  };
  return [key, dryRun];
}

function bodyOf({ examples = [], http, input }: Operation, schema: JsonObject): JsonObject {
  const inPath = new Set([...http.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name!));
  const shown = examples.map(({ title, input: value }) => [
    title,
    { value: Object.fromEntries(Object.entries(value as object).filter(([name]) => !inPath.has(name))) },
  ]);
  return {
    required: !input.safeParse({}).success,
    content: {
      'application/json': { schema, ...(shown.length === 0 ? {} : { examples: Object.fromEntries(shown) as unknown }) },
    },
  };
}

function success({ output, effect, http }: Operation, schemas: SchemaCollector): JsonObject {
  const schema = schemas.describe(output, 'output');
  const planned = effect === 'consequential' && (http.status ?? 200) === 200;
  const either = planned ? { anyOf: [schema, schemas.describe(Planned, 'output')] } : schema;
  return { description: 'Done', content: { 'application/json': { schema: either } } };
}

function dryRunAnswer(schemas: SchemaCollector): JsonObject {
  const schema = schemas.describe(Planned, 'output');
  return { description: 'The plan, for a dry run', content: { 'application/json': { schema } } };
}

function errorsOf({ access, effect, errors }: Operation): ErrorKind[] {
  const kinds = [InvalidInput, RateLimited, ...errors];
  if (access !== 'public') kinds.push(Unauthenticated, effect === 'read' ? NotFound : Forbidden);
  if (effect !== 'read') kinds.push(MalformedRequest, IdempotencyConflict);
  if (effect === 'consequential') kinds.push(GuardDenied, ApprovalRequired);
  return [...new Set(kinds)];
}

export function errorResponses(kinds: readonly ErrorKind[]): JsonObject {
  const byStatus = Map.groupBy(kinds, ({ status }) => status);
  const responses = [...byStatus].map(([status, of]) => [
    status,
    {
      description: of.map(({ code, title }) => `\`${code}\`: ${title}`).join('; '),
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]);
  return Object.fromEntries(responses) as JsonObject;
}
