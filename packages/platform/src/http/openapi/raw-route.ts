import { Forbidden, InvalidInput, NotFound, RateLimited, Unauthenticated } from '@reeve/kernel';
import type { z } from 'zod';
import type { RawRoute, RouteDescription, UpgradeRoute } from '../route.ts';
import type { JsonObject } from './json-object.ts';
import { errorResponses, parameter } from './operation.ts';
import type { SchemaCollector } from './schemas.ts';

/** A route that is no operation, as far as it describes itself. */
export function describeRoute(route: RawRoute, about: RouteDescription, schemas: SchemaCollector): JsonObject {
  const { effect = route.method === 'GET' ? 'read' : 'write', errorBody } = route;
  const answers = Object.entries(about.answers).map(([type, schema]) => [
    type,
    { schema: schemas.describe(schema, 'output') },
  ]);
  const json = about.body && { 'application/json': { schema: schemas.describe(about.body, 'input') } };
  return {
    ...headOf(route, about, schemas),
    ...(json && { requestBody: { required: true, content: json } }),
    responses: {
      200: { description: 'Done', content: Object.fromEntries(answers) as JsonObject },
      ...(errorBody ? { default: foreignError } : errorsOf(effect === 'read' ? NotFound : Forbidden)),
    },
    'x-effect': effect,
  };
}

/** A path that speaks WebSocket. */
export function describeUpgrade(
  route: UpgradeRoute,
  about: NonNullable<UpgradeRoute['about']>,
  schemas: SchemaCollector,
): JsonObject {
  return {
    ...headOf(route, about, schemas),
    responses: { 101: { description: 'The connection speaks WebSocket from now on' }, ...errorsOf(Forbidden) },
    'x-effect': 'write',
  };
}

function headOf(
  { name, access }: RawRoute | UpgradeRoute,
  about: NonNullable<UpgradeRoute['about']>,
  schemas: SchemaCollector,
) {
  const { summary, description, query } = about;
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [name.split('.', 1)[0]!],
    security: [{ apiKey: [] }],
    parameters: query ? parametersOf(query, schemas) : [],
    'x-permission': access,
  };
}

function parametersOf(query: z.ZodType, schemas: SchemaCollector): JsonObject[] {
  const { properties = {}, required = [] } = schemas.describe(query, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => parameter(name, 'query', schema, required.includes(name)));
}

const foreignError: JsonObject = {
  description: 'An error, in the form of the system whose dialect this is',
  content: { 'application/json': { schema: { type: 'object' } } },
};

function errorsOf(denied: typeof NotFound): JsonObject {
  return errorResponses([InvalidInput, RateLimited, Unauthenticated, denied]);
}
