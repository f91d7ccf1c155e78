import { Validator } from '@seriousme/openapi-schema-validator';
import { operations, streams } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHub, type TestHub } from './openai/system.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}
interface Described {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

let hub: TestHub;
let document: Document;
beforeAll(async () => {
  hub = await startHub();
  document = (await (await fetch(`${hub.url}/openapi.json`)).json()) as Document;
});
afterAll(() => hub[Symbol.asyncDispose]());

const all = [...operations, ...streams];

test('[FD-13 api] the document that the assembled system serves is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const result = await new Validator().validate(structuredClone(document) as unknown as Record<string, string>);
  expect(result.valid ? [] : result.errors).toEqual([]);
});

test('[FD-13 api] it has every operation, where it is served', () => {
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
  );
  const known = all.map(({ name, http }) => `${name} ${http.method} ${http.path}`);
  expect(known.filter((each) => !described.includes(each))).toEqual([]);
});

test('[FD-13 api] it has what is no operation too: models, the stream of events, the connection of agents', () => {
  const described = (path: string, method: string) => document.paths[path]?.[method];
  for (const path of ['/v1/chat/completions', '/v1/completions', '/v1/embeddings'])
    expect(described(path, 'post'), path).toMatchObject({
      requestBody: { content: { 'application/json': { schema: { required: expect.arrayContaining(['model']) } } } },
      'x-permission': 'chat:use',
    });
  expect(described('/v1/chat/completions', 'post')!.responses['200']).toMatchObject({
    content: { 'application/json': {}, 'text/event-stream': {} },
  });
  expect(described('/v1/events', 'get')).toMatchObject({
    operationId: 'events.stream',
    parameters: [{ name: 'after', in: 'query' }, { name: 'subject' }, { name: 'type' }],
  });
  expect(described('/v1/agents/connect', 'get')!.responses).toHaveProperty('101');
});

test('[FD-13 api] [FD-01 code status] each operation names each of its errors under its status', () => {
  for (const { name, http, errors, access } of all) {
    const { responses } = document.paths[http.path]![http.method.toLowerCase()]!;
    for (const { code, status } of errors) expect(responses[status]?.description, name).toContain(`\`${code}\``);
    if (access !== 'public') expect(responses[401]?.description, name).toContain('`unauthenticated`');
    expect(
      Object.keys(responses).some((status) => status.startsWith('2')),
      name,
    ).toBe(true);
  }
});
