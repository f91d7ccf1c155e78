import { errorCatalogue, type Operation, type StreamOperation } from '@reeve/kernel';
import type { JsonObject } from './json-object.ts';
import { SchemaCollector } from './schemas.ts';
import { describeOperation } from './operation.ts';
import { describeStream } from './stream.ts';
import { problemSchema } from './problem-schema.ts';

/** OpenAPI 3.1 of a set of operations; what streams is described by its lines. */
export function openApiDocument(
  operations: readonly Operation[],
  { version, streams = [] }: { readonly version: string; readonly streams?: readonly StreamOperation[] },
): JsonObject {
  const schemas = new SchemaCollector();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const { method, path } = operation.http;
    (paths[path] ??= {})[method.toLowerCase()] = describeOperation(operation, schemas);
  }
  for (const stream of streams) {
    const { method, path } = stream.http;
    (paths[path] ??= {})[method.toLowerCase()] = describeStream(stream, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reeve',
      version,
      summary: 'Hand work to machines you don’t have to trust',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set([...operations, ...streams].map(({ domain }) => domain))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, rv_…; `X-Api-Key` is read as well.' },
      },
      schemas: { ...schemas.collected, Problem: problemSchema(errorCatalogue()) },
    },
  };
}
