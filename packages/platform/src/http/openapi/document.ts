import { errorCatalogue, type Operation } from '@reeve/kernel';
import type { RawRoute, UpgradeRoute } from '../route.ts';
import type { JsonObject } from './json-object.ts';
import { SchemaCollector } from './schemas.ts';
import { describeOperation } from './operation.ts';
import { describeRoute, describeUpgrade } from './raw-route.ts';
import { describeStream } from './stream.ts';
import { problemSchema } from './problem-schema.ts';

export interface DocumentOptions {
  readonly version: string;
  readonly routes?: readonly RawRoute[];
  readonly upgrades?: readonly UpgradeRoute[];
}

/** OpenAPI 3.1 of a set of operations; what streams is described by its lines. */
export function openApiDocument(
  operations: readonly Operation[],
  { version, routes = [], upgrades = [] }: DocumentOptions,
): JsonObject {
  const schemas = new SchemaCollector();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const { method, path } = operation.http;
    (paths[path] ??= {})[method.toLowerCase()] = describeOperation(operation, schemas);
  }
  for (const route of routes) {
    const { method, path, stream, about } = route;
    const described = stream ? describeStream(stream, schemas) : about && describeRoute(route, about, schemas);
    if (described) (paths[path] ??= {})[method.toLowerCase()] = described;
  }
  for (const route of upgrades)
    if (route.about) (paths[route.path] ??= {})['get'] = describeUpgrade(route, route.about, schemas);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Reeve',
      version,
      summary: 'Hand work to machines you don’t have to trust',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: tagsOf(paths),
    paths,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, rv_…; `X-Api-Key` is read as well.' },
      },
      schemas: { ...schemas.collected, Problem: problemSchema(errorCatalogue()) },
    },
  };
}

function tagsOf(paths: Readonly<Record<string, JsonObject>>): JsonObject[] {
  const described = Object.values(paths).flatMap((methods) => Object.values(methods) as Array<{ tags: string[] }>);
  return [...new Set(described.flatMap(({ tags }) => tags))].map((name) => ({ name }));
}
