import fc from 'fast-check';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/config/index.ts';
import { rememberSecret } from '../../src/log/index.ts';
import { capturedLog } from './captured.ts';

/** Ways in which a program could come to log a value, each as facts and message. */
const anyPlace: Record<string, (value: string) => [object, string]> = {
  'under an innocent name': (value) => [{ note: value }, 'm'],
  'within a text': (value) => [{ note: `before${value}after` }, 'm'],
  'deep inside': (value) => [{ a: { b: [{ c: { d: value } }] } }, 'm'],
  'in the message': (value) => [{}, `using ${value} now`],
  'as a name': (value) => [{ seen: { [value]: true } }, 'm'],
  'in an error': (value) => [{ error: new Error(`refused ${value}`) }, 'm'],
  'in the cause of an error': (value) => [{ error: new Error('x', { cause: new Error(value) }) }, 'm'],
  'in one of several errors': (value) => [{ error: new AggregateError([new Error(value)], 'x') }, 'm'],
  'beside an error': (value) => [{ error: Object.assign(new Error('x'), { request: { url: value } }) }, 'm'],
  'in a map and a set': (value) => [{ map: new Map([['x', new Set([value])]]) }, 'm'],
  'through toJSON': (value) => [{ it: { toJSON: () => ({ inner: value }) } }, 'm'],
  'as JSON in a text': (value) => [{ body: JSON.stringify({ inner: value }) }, 'm'],
  'as JSON in JSON': (value) => [{ body: JSON.stringify(JSON.stringify({ inner: value })) }, 'm'],
  'percent-encoded': (value) => [{ path: `/x/${encodeURIComponent(value)}` }, 'm'],
  'in base64': (value) => [{ header: Buffer.from(value).toString('base64') }, 'm'],
  'across the end of a long text': (value) => [{ note: 'x'.repeat(8_181) + value }, 'm'],
  'across the end of what is searched': (value) => [{ note: `Bearer ${'x'.repeat(65_500)} ${value}` }, 'm'],
  'in a URL object': (value) => [{ url: new URL(`http://h/?q=${encodeURIComponent(value)}`) }, 'm'],
};

const secretText = fc.string({
  minLength: 12,
  maxLength: 60,
  unit: fc.constantFrom(...Array.from('abcXYZ0189-_.~+/="\\ é')),
});

test.each(Object.keys(anyPlace))('[FD-03 canary] a remembered secret never appears: %s', (place) => {
  const property = fc.property(secretText, (random) => {
    const canary = `cnry${random}`;
    rememberSecret(canary);
    return [false, true].every((pretty) => {
      const { log, text } = capturedLog({ pretty });
      const [facts, message] = anyPlace[place]!(canary);
      log.error(facts, message);
      log.child(facts).info({}, message);
      return traces(canary).every((trace) => !text().includes(trace));
    });
  });
  expect(fc.check(property, { numRuns: 40 })).toMatchObject({ failed: false, counterexample: null });
});

/** Every form of the secret, and of half of it. */
function traces(canary: string): string[] {
  const half = canary.slice(0, 8);
  const inBase64 = Buffer.from(canary).toString('base64').slice(0, 8);
  return [half, JSON.stringify(half).slice(1, -1), encodeURIComponent(half), inBase64];
}

/** Secrets of others, which nobody told the log about: known by the name of their field, or by their shape. */
const unknown = 'q7hV2mZx93LkT0aB';
const tellingPlaces: Record<string, [object, string]> = {
  'fields by name': [
    {
      authorization: unknown,
      apiKey: unknown,
      'x-api-key': unknown,
      key: unknown,
      clientSecret: unknown,
      PASSWORD: unknown,
      refresh_token: unknown,
      cookie: unknown,
      privateKey: { jwk: { d: unknown } },
      tokens: [unknown],
      keys: { a: unknown },
      otp: 123_456,
    },
    'm',
  ],
  'headers of a request': [{ headers: { Authorization: `Bearer ${unknown}` } }, 'm'],
  'headers as pairs': [
    {
      headers: [
        ['X-Api-Key', unknown],
        ['cookie', `a=${unknown}`],
      ],
    },
    'm',
  ],
  'raw headers': [{ rawHeaders: ['Host', 'h', 'Authorization', unknown, 'Accept', '*'] }, 'm'],
  'a Headers object': [{ headers: new Headers({ 'proxy-authorization': unknown, 'x-api-key': unknown }) }, 'm'],
  'a bearer token in a text': [{ curl: `curl -H "Authorization: Bearer ${unknown}"` }, 'm'],
  'basic credentials in a text': [{ note: `sent basic ${unknown}` }, 'm'],
  'user and password of a URL': [{ url: `postgres://user:${unknown}@db/x` }, `at https://${unknown}@h/`],
  'query of a URL': [{ url: `http://h/p?a=1&access_token=${unknown}&b=2` }, `GET /p?key=${unknown}`],
  'a form': [{ body: `grant_type=password&password=${unknown}` }, `token=${unknown}`],
  'JSON in a text': [{ body: JSON.stringify({ token: unknown, n: 1 }) }, JSON.stringify({ password: unknown })],
  'an error message': [{ error: new Error(`login failed: {"apiKey": "${unknown}"}`) }, `secret: ${unknown}`],
  'a private key': [{ pem: `-----BEGIN PRIVATE KEY-----\n${unknown}\n-----END PRIVATE KEY-----` }, 'm'],
  'a cut private key': [{ pem: `-----BEGIN EC PRIVATE KEY-----\n${unknown}` }, 'm'],
  'a web token': [{ note: `got eyJhbGciOi${unknown}.eyJzdWIi${unknown}.${unknown}` }, 'm'],
  'a key of Reeve': [{ note: `using rv_abc123def456_${unknown}${unknown}` }, 'm'],
  'the key of a model provider': [{ note: `using sk-proj-${unknown}` }, 'm'],
};

test.each(Object.keys(tellingPlaces))('[FD-03 canary] a secret nobody told of is blanked: %s', (place) => {
  const { log, text } = capturedLog();
  const [facts, message] = tellingPlaces[place]!;
  log.info(facts, message);
  log.child({ request: facts }).warn({}, message);
  expect(text()).not.toContain(unknown);
  expect(text()).not.toContain('123456');
  expect(text()).toContain('[secret]');
});

test('[FD-03 canary] a Secret shows itself to nobody who does not ask', () => {
  const secret = new Secret({ kind: 'text' }, () => unknown);
  secret.reveal();
  const { log, text } = capturedLog();
  log.info({ secret, inside: { deep: [secret] } }, `the secret is ${String(secret)}`);
  for (const shown of [
    text(),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true }),
    [secret].join(),
  ]) {
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain(unknown);
  }
});

test('what is no secret stays readable', () => {
  const { log, lines } = capturedLog();
  const facts = {
    promptTokens: 12,
    maxTokens: 400,
    keyId: '018f8d9e-0000-7000-8000-000000000000',
    idempotencyKey: 'order-17',
    publicKey: 'abc',
    hasToken: true,
    token: null,
    identity: 'key:018f8d9e-0000-7000-8000-000000000000',
    url: 'http://127.0.0.1:4400/v1/tasks?limit=50&cursor=abc',
    path: '/v1/tasks/{id}',
    durationMs: 1.25,
    at: '2026-01-01T00:00:00.000Z',
    exit: 'code=1',
    note: 'ratio 3:4, a = b',
  };
  log.info(facts, 'task-sk-1 basic rules: done');
  expect(lines()[0]).toMatchObject({ ...facts, message: 'task-sk-1 basic rules: done' });
});
