import { Validator } from '@seriousme/openapi-schema-validator';
import { defineOperation, errorCatalogue, Json, type Operation } from '@reeve/kernel';
import { expect, test } from 'vitest';
import { z } from 'zod';
import * as api from '../../src/api/index.ts';
import { openApiDocument } from '../../src/http/index.ts';
import { createNote, showNote } from './notes.ts';
import { startServer } from './start-server.ts';

const own: readonly Operation[] = api.platformOperations;

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}
interface Described {
  operationId: string;
  parameters: Array<{ name: string; in: string; required: boolean; schema: { type?: string } }>;
  requestBody?: {
    required: boolean;
    content: Record<string, { schema: { properties: object; required: string[] }; examples?: object }>;
  };
  responses: Record<string, { description: string }>;
  security: unknown[];
}

const documented = (operations: readonly Operation[]) =>
  openApiDocument(operations, { version: '1.2.3' }) as unknown as Document;

async function faultsOf(document: unknown): Promise<unknown> {
  const specification = JSON.parse(JSON.stringify(document)) as Record<string, string>;
  const result = await new Validator().validate(specification);
  return result.valid ? [] : result.errors;
}

test('[FD-13 api] the document of every operation of the platform is valid OpenAPI 3.1', async () => {
  expect(own.length).toBeGreaterThanOrEqual(11);
  const document = documented([...own, createNote, showNote]);
  expect(document.openapi).toBe('3.1.0');
  expect(await faultsOf(document)).toEqual([]);
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  expect(described.map(({ operationId }) => operationId).sort()).toEqual(
    [...own, createNote, showNote].map(({ name }) => name).sort(),
  );
});

test('path and query become parameters, the rest the body, with examples, errors and the key', () => {
  const { paths } = documented([createNote, showNote]);
  const show = paths['/v1/notes/{id}']!['get']!;
  expect(show.parameters.map(({ name, in: where, required }) => [name, where, required])).toEqual([
    ['id', 'path', true],
    ['depth', 'query', false],
    ['loud', 'query', false],
    ['tag', 'query', false],
  ]);
  expect(show.requestBody).toBeUndefined();
  expect(Object.keys(show.responses).sort()).toEqual(['200', '401', '404', '422', '429']);
  const create = paths['/v1/notes']!['post']!;
  const body = create.requestBody!.content['application/json']!;
  expect(create.requestBody!.required).toBe(true);
  expect(Object.keys(body.schema.properties)).toEqual(['text', 'stars', 'tags']);
  expect(body.schema.required).toEqual(['text']);
  expect(body.examples).toEqual({ 'A note': { value: { text: 'Buy coal', stars: 2 } } });
  expect(create.parameters.map(({ name }) => name)).toEqual(['Idempotency-Key']);
  expect(create.responses['403']!.description).toMatch(/`forbidden`/);
  expect(create.responses['409']!.description).toMatch(/`idempotency_conflict`/);
  expect(create.security).toEqual([{ apiKey: [] }]);
});

test('a consequential operation shows its dry run', () => {
  const { paths } = documented([api.revokeKey]);
  const revoke = paths['/v1/keys/{id}/revoke']!['post']!;
  expect(revoke.parameters.map(({ name }) => name)).toEqual(['id', 'Idempotency-Key', 'dryRun']);
  expect(revoke.responses['200']).toMatchObject({ content: { 'application/json': { schema: { anyOf: [{}, {}] } } } });
});

test('schemas with an id become components, recursive ones too, and differing input and output are kept apart', async () => {
  const Point = z.object({ x: z.int().default(0), y: z.int() }).meta({ id: 'Point' });
  interface Tree {
    name: string;
    children: Tree[];
  }
  const Tree: z.ZodType<Tree> = z
    .lazy(() => z.object({ name: z.string(), children: z.array(Tree) }))
    .meta({ id: 'Tree' });
  const draw = defineOperation({
    name: 'maps.draw',
    summary: 'Draw',
    access: 'tasks:write',
    effect: 'write',
    http: { method: 'POST', path: '/v1/draw' },
    input: z.object({ at: Point, tree: Tree, extra: Json, more: Json }),
    output: z.object({ at: Point, tree: Tree }),
  });
  const document = documented([draw]);
  expect(await faultsOf(document)).toEqual([]);
  expect(Object.keys(document.components.schemas)).toEqual(
    expect.arrayContaining(['Point', 'Point.output', 'Tree', 'JsonValue', 'Problem']),
  );
  const text = JSON.stringify(document);
  expect(text).not.toMatch(/\$defs/);
  for (const [, name] of text.matchAll(/#\/components\/schemas\/([^"]+)/g))
    expect(document.components.schemas[name!], name).toBeDefined();
});

test('[FD-01 code problem] every error of the catalogue has a page, and the problem names it', async () => {
  await using server = await startServer({ operations: [] });
  const problem = await server.call('GET', '/v1/nothing');
  expect(problem.body.type).toBe('/errors/not_found');
  for (const { code, remedy } of errorCatalogue()) {
    const page = await server.call('GET', `/errors/${code}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain(remedy);
  }
  expect((await server.call('GET', '/errors/no_such_code')).status).toBe(404);
  const catalogue = api.errorsPage(errorCatalogue());
  for (const { code, meaning } of errorCatalogue()) {
    expect(catalogue).toContain(`\n## ${code}\n`);
    expect(catalogue).toContain(meaning);
  }
});

test('the served document is that of the mounted operations', async () => {
  await using server = await startServer();
  const served = await server.call('GET', '/openapi.json');
  expect(await faultsOf(served.body)).toEqual([]);
  expect(Object.keys(served.body.paths)).toEqual(['/health/details']);
});

test('[FD-09 rate errors percentiles] the metrics tell rate, errors and durations of each operation and route', async () => {
  await using server = await startServer();
  await server.call('GET', '/health/details', { key: await server.key('health:read') });
  await server.call('GET', '/health/details?bad=1', { key: await server.key('health:read') });
  await server.call('GET', '/health/details');
  const { headers, text } = await server.call('GET', '/metrics');
  expect(headers.get('content-type')).toMatch(/^text\/plain/);
  const operation = 'operation="health.details"';
  expect(text).toContain(`reeve_operations_ended_total{${operation},outcome="done"} 1\n`);
  expect(text).toContain(`reeve_operations_ended_total{${operation},outcome="invalid_input"} 1\n`);
  expect(text).toContain(`reeve_operations_duration_seconds_bucket{${operation},le="+Inf"} 2\n`);
  expect(text).toContain('reeve_requests_unauthenticated_total 1\n');
  const route = 'method="GET",route="/health/details"';
  for (const status of [200, 401, 422])
    expect(text).toContain(`reeve_http_requests_total{${route},status="${status}"} 1\n`);
  expect(text).toContain(`reeve_http_request_duration_seconds_count{${route}} 3\n`);
  expect(text).toContain('reeve_http_active_requests 1\n');
});
