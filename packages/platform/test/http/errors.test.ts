import { defineError, defineOperation, errorCatalogue, errorClasses, type ErrorClass } from '@reeve/kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { bind } from '../../src/operations/index.ts';
import { startServer, type TestServer } from './start-server.ts';

const cause = new Error('connection to 10.0.0.7 refused');
const kinds = (Object.keys(errorClasses) as ErrorClass[]).map((errorClass) =>
  defineError({
    code: `test_${errorClass.toLowerCase()}`,
    class: errorClass,
    title: `Test of ${errorClass}`,
    meaning: 'Thrown by a test.',
    remedy: 'None.',
  }),
);
const fail = defineOperation({
  name: 'faults.throw',
  summary: 'Fail as told',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/faults/{code}' },
  input: z.object({ code: z.string() }),
  output: z.object({ total: z.int() }),
});

let server: TestServer;
let key: string;

beforeAll(async () => {
  server = await startServer({
    operations: [
      bind(fail, async ({ code }) => {
        if (code === 'wrong-output') return { total: 'twelve' as never };
        const kind = errorCatalogue().find((entry) => entry.code === code);
        if (kind) throw kind.error(`thrown as ${code}`, { cause, details: { code }, retryAfterMs: 1_500 });
        throw new TypeError(`cannot read the secret of ${code}`, { cause });
      }),
    ],
  });
  key = await server.key('tasks:read');
});
afterAll(() => server[Symbol.asyncDispose]());

const logged = (id: string) =>
  server.lines.find((line) => line['correlationId'] === id && line['message'] === 'operation ended');

test('[FD-01 code status retryable cause problem] every class of error is a problem with its status; its cause is only in the log', async () => {
  for (const kind of kinds) {
    const id = `class-${kind.code}`;
    const answer = await server.call('GET', `/v1/faults/${kind.code}`, { key, headers: { 'x-correlation-id': id } });
    expect(answer.status).toBe(kind.status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.body).toEqual({
      type: `/errors/${kind.code}`,
      title: kind.title,
      status: kind.status,
      detail: `thrown as ${kind.code}`,
      code: kind.code,
      retryable: kind.retryable,
      correlationId: id,
      retryAfterMs: 1_500,
      details: { code: kind.code },
    });
  }
});

test('[FD-07 levels errors] an error is logged at the level of its class, a failure with its cause', async () => {
  for (const kind of kinds) {
    await server.call('GET', `/v1/faults/${kind.code}`, { key, headers: { 'x-correlation-id': `log-${kind.code}` } });
    const line = logged(`log-${kind.code}`);
    expect([kind.code, line?.['level'], line?.['outcome']]).toEqual([
      kind.code,
      errorClasses[kind.class].logLevel,
      kind.code,
    ]);
    expect(JSON.stringify(line).includes(cause.message)).toBe(kind.status >= 500);
  }
});

test('[FD-01 cause] what nobody foresaw is `internal`: nothing of it is shown, all of it logged', async () => {
  const headers = { 'x-correlation-id': 'unforeseen' };
  const answer = await server.call('GET', '/v1/faults/unforeseen', { key, headers });
  expect([answer.status, answer.body.code, answer.body.retryable]).toEqual([500, 'internal', false]);
  expect(answer.text).not.toMatch(/secret|TypeError|errors\.test|10\.0\.0\.7/);
  expect(logged('unforeseen')?.['level']).toBe('error');
  expect(JSON.stringify(logged('unforeseen'))).toMatch(/cannot read the secret of unforeseen.*errors\.test/);
});

test('[FD-01 output] an answer that its schema does not allow is a defect, and not sent', async () => {
  const answer = await server.call('GET', '/v1/faults/wrong-output', { key });
  expect([answer.status, answer.body.code]).toEqual([500, 'internal']);
  expect(answer.text).not.toContain('twelve');
});

test('[FD-07 no-pii] neither bodies, nor queries, nor keys are in the log', async () => {
  const marks = ['Ada.Byron@example.org', '+44-1632-960961'];
  await server.call('GET', `/v1/faults/${encodeURIComponent(marks[0]!)}?phone=${marks[1]}`, { key });
  await server.call('GET', `/v1/faults/none?phone=${marks[1]}&mail=${marks[0]}`); // refused before it is an operation
  await server.call('GET', `/v1/nowhere/${marks[0]}?phone=${marks[1]}`, { key });
  await server.call('POST', '/v1/nowhere', { key, body: { mail: marks[0], phone: marks[1] } });
  const text = JSON.stringify(server.lines);
  for (const mark of [...marks, key.slice(16)]) expect(text).not.toContain(mark);
});
