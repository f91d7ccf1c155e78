import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { startServer, type TestServer } from './start-server.ts';

const domain = notes();
let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await startServer({ operations: domain.operations });
  key = await server.key('tasks:*');
});
afterAll(() => server[Symbol.asyncDispose]());

const paths = (issues: Array<{ path: unknown[] }>) => issues.map(({ path }) => path.join('.')).sort();

describe('answers', () => {
  test('[FD-01 output] a valid request is answered with the output, its status and a correlation id', async () => {
    const answer = await server.call('POST', '/v1/notes', { key, body: { text: 'Buy coal' } });
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ id: 'n1', text: 'Buy coal', stars: 0 });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('[FD-07 correlation duration levels operations state-changes] a correlation id that was sent is answered, and start and end are logged', async () => {
    const headers = { 'x-correlation-id': 'order-66' };
    const answer = await server.call('POST', '/v1/notes', { key, body: { text: 'Sweep' }, headers });
    expect(answer.headers.get('x-correlation-id')).toBe('order-66');
    const lines = server.lines.filter((line) => line['correlationId'] === 'order-66');
    expect(lines.map((line) => line['message'])).toEqual(['operation started', 'operation ended']);
    expect(lines[1]).toMatchObject({ level: 'info', operation: 'notes.create', outcome: 'done' });
    expect(lines[0]).toMatchObject({ level: 'debug', operation: 'notes.create' });
    expect(lines[1]!['durationMs']).toBeGreaterThan(0);
  });

  test('[FD-07 correlation] a correlation id that is none is replaced, never echoed', async () => {
    const headers = { 'x-correlation-id': 'has spaces in it' };
    const answer = await server.call('GET', '/health/live', { headers });
    expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('HEAD answers as GET does, without the body', async () => {
    const answer = await server.call('HEAD', '/v1/notes/n1', { key });
    expect(answer.status).toBe(200);
    expect(answer.text).toBe('');
  });
});

describe('input', () => {
  test('[FD-01 input] path and query become numbers, booleans and lists as the schema wants them', async () => {
    const { body } = await server.call('GET', '/v1/notes/n1?depth=3&loud=true&tag=a&tag=b', { key });
    expect(body.asked).toEqual({ id: 'n1', depth: 3, loud: true, tag: ['a', 'b'] });
    const one = await server.call('GET', '/v1/notes/n1?tag=a', { key });
    expect(one.body.asked.tag).toEqual(['a']);
  });

  test('[FD-01 input] a text that is no number stays one, and the schema says what is wrong with it', async () => {
    const answer = await server.call('GET', '/v1/notes/n1?depth=deep&loud=yes', { key });
    expect(answer.status).toBe(422);
    expect(answer.body.code).toBe('invalid_input');
    expect(paths(answer.body.issues)).toEqual(['depth', 'loud']);
  });

  test('[FD-01 input problem] every fault of a body is named with its path', async () => {
    const body = {
      text: '',
      stars: 6,
      tags: [
        { name: 'ok', weight: 0.5 },
        { name: 'x'.repeat(101), weight: 1.2 },
      ],
    };
    const answer = await server.call('POST', '/v1/notes', { key, body });
    expect(answer.status).toBe(422);
    expect(paths(answer.body.issues)).toEqual(['stars', 'tags.1.name', 'tags.1.weight', 'text', 'text']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  test('[FD-01 input] an unknown member is refused with the nearest known name, in body and query', async () => {
    const inBody = await server.call('POST', '/v1/notes', { key, body: { text: 'a', starz: 1 } });
    expect(inBody.status).toBe(422);
    expect(inBody.body.issues).toEqual([{ path: ['starz'], message: 'is not known; did you mean stars?' }]);
    const inQuery = await server.call('GET', '/v1/notes/n1?dept=1', { key });
    expect(inQuery.body.issues).toEqual([{ path: ['dept'], message: 'is not known; did you mean depth?' }]);
  });

  test('[FD-01 input] what is said twice is refused: in a query, and in path and body', async () => {
    const query = await server.call('GET', '/v1/notes/n1?depth=1&depth=2', { key });
    expect([query.status, query.body.issues]).toEqual([
      422,
      [{ path: ['depth'], message: 'was given more than once' }],
    ]);
    const both = await server.call('PATCH', '/v1/notes/n1', { key, body: { id: 'n2', text: 'b' } });
    expect([both.status, both.body.issues]).toEqual([422, [{ path: ['id'], message: 'was given in two places' }]]);
    expect(domain.all.get('n1')?.text).toBe('Buy coal');
  });

  test('[FD-01 input] a body that is no object is refused', async () => {
    for (const body of ['[1]', '"text"', '12', 'null']) {
      const answer = await server.call('POST', '/v1/notes', { key, body });
      expect(answer.status).toBe(422);
    }
    const patched = await server.call('PATCH', '/v1/notes/n1', { key, body: '[]' });
    expect(patched.status).toBe(422);
  });

  test('a member named __proto__ changes nothing and is refused, however it is spelt', async () => {
    const spellings = ['__proto__', '\\u005f_proto__', '__\\u0070roto__', '__p\\u0072oto_\\u005F'];
    for (const body of spellings.map((name) => `{"text":"a","${name}":{"stars":5}}`)) {
      const answer = await server.call('POST', '/v1/notes', { key, body });
      expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
    }
    const query = await server.call('GET', '/v1/notes/n1?__proto__=1', { key });
    expect(query.status).toBe(422);
  });
});

describe('what cannot be read', () => {
  test('[FD-01 input] nesting beyond any meaning is 400 instead of exhausting the stack; brackets in strings do not count', async () => {
    for (const body of ['['.repeat(2_000), `{"text":${'{"a":'.repeat(200)}1${'}'.repeat(200)}}`]) {
      const answer = await server.call('POST', '/v1/notes', { key, body });
      expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
      expect(answer.body.detail).toMatch(/100 levels/);
    }
    const text = `${'[{'.repeat(20)}\\" ${'{'.repeat(20)} \\\\`;
    const body = JSON.stringify({
      text,
      tags: Array.from({ length: 5 }, () => ({ name: '{['.repeat(50), weight: 1 })),
    });
    expect((await server.call('POST', '/v1/notes', { key, body })).status).toBe(201);
  });

  test('[FD-01 code status] malformed JSON is 400 and says where', async () => {
    const answer = await server.call('POST', '/v1/notes', { key, body: '{"text": "a"' });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
    expect(answer.body.detail).toMatch(/not valid JSON/);
  });

  test('[FD-01 code status] another content type is 415', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const answer = await server.call('POST', '/v1/notes', { key, body: 'a', headers: { 'content-type': type } });
      expect([answer.status, answer.body.code]).toEqual([415, 'unsupported_media_type']);
    }
  });

  test('[FD-01 code status] a body larger than the limit of its operation is 413', async () => {
    const answer = await server.call('POST', '/v1/notes', { key, body: { text: 'x'.repeat(300 * 1024) } });
    expect([answer.status, answer.body.code]).toEqual([413, 'too_large']);
    expect(answer.body.details).toEqual({ bodyLimitBytes: 4_096 });
    expect((await server.call('GET', '/health/live')).status).toBe(200);
  });

  test('[FD-01 code status problem] an unknown path is 404 and a wrong method 405 with Allow, both as problems', async () => {
    const missing = await server.call('GET', '/v1/nothing?secret=1', { key });
    expect([missing.status, missing.body.code, missing.body.detail]).toEqual([
      404,
      'not_found',
      'there is nothing at /v1/nothing',
    ]);
    const wrong = await server.call('DELETE', '/v1/notes/n1', { key });
    expect([wrong.status, wrong.body.code]).toEqual([405, 'wrong_method']);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD, OPTIONS, PATCH');
  });

  test('a path that is no valid encoding is 400', async () => {
    const answer = await server.call('GET', '/v1/notes/%E0%A4%A', { key });
    expect([answer.status, answer.body.code]).toEqual([400, 'malformed_request']);
  });
});
