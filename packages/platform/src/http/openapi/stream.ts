import {
  Forbidden,
  InvalidInput,
  NotFound,
  RateLimited,
  Unauthenticated,
  type Flow,
  type StreamOperation,
} from '@reeve/kernel';
import { strictAtTop } from '../../operations/validate.ts';
import type { JsonObject } from './json-object.ts';
import { errorResponses, parameter } from './operation.ts';
import type { SchemaCollector } from './schemas.ts';

/** A streaming operation: bytes are `application/octet-stream`, lines `application/x-ndjson` with the schema of one. */
export function describeStream(stream: StreamOperation, schemas: SchemaCollector): JsonObject {
  const { name, summary, description, domain, access, effect, takes, errors } = stream;
  const denied = effect === 'read' ? NotFound : Forbidden;
  return {
    operationId: name,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [domain],
    security: [{ apiKey: [] }],
    parameters: parametersOf(stream, schemas),
    ...(takes === undefined
      ? {}
      : { requestBody: { required: true, content: contentOf(takes, 'input', 'One on each line', schemas) } }),
    responses: {
      200: { description: 'Done', content: givenContent(stream, schemas) },
      ...errorResponses([...new Set([InvalidInput, RateLimited, Unauthenticated, denied, ...errors])]),
    },
    'x-permission': access,
    'x-effect': effect,
  };
}

function parametersOf({ input, http }: StreamOperation, schemas: SchemaCollector): JsonObject[] {
  const { properties = {}, required = [] } = schemas.describe(strictAtTop(input), 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => {
    const inPath = http.path.includes(`{${name}}`);
    return parameter(name, inPath ? 'path' : 'query', schema, inPath || required.includes(name));
  });
}

function givenContent({ gives }: StreamOperation, schemas: SchemaCollector): JsonObject {
  if (gives !== 'bytes' && 'value' in gives)
    return { 'application/json': { schema: schemas.describe(gives.value, 'output') } };
  return contentOf(gives, 'output', 'One on each line; empty lines mean nothing', schemas);
}

function contentOf(flow: Flow, io: 'input' | 'output', description: string, schemas: SchemaCollector): JsonObject {
  if (flow === 'bytes') return { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
  const line = schemas.describe(io === 'input' ? strictAtTop(flow.lines) : flow.lines, io);
  return { 'application/x-ndjson': { schema: { description, ...line } } };
}
