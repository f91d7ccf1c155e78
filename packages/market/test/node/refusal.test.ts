import { describe, expect, test } from 'vitest';
import { failureOf, refusalOf } from '../../src/drivers/openai/refusal.ts';

const refused = (status: number, body: string, headers: Record<string, string> = {}) =>
  refusalOf('gpu-7:8000', { status, headers }, body);

describe('error bodies', () => {
  test.each([
    [
      'OpenAI',
      '{"error":{"message":"no","type":"t","param":"n","code":"c"}}',
      { message: 'no', type: 't', param: 'n', code: 'c' },
    ],
    ['Ollama', '{"error":"model not found"}', { message: 'model not found', type: null, param: null, code: null }],
    ['vLLM', '{"object":"error","message":"too long","code":400}', { message: 'too long', type: null, code: 400 }],
    ['FastAPI', '{"detail":[{"loc":["body"],"msg":"bad"}]}', { message: '[{"loc":["body"],"msg":"bad"}]' }],
    ['plain text', 'out of memory\n', { message: 'out of memory' }],
    ['a web page', '<html>Bad Gateway</html>', { message: '' }],
    ['nothing', '', { message: '' }],
    ['JSON without a word', '{}', { message: '' }],
  ])('of %s are read', (_who, body, error) => {
    const refusal = refused(400, body);
    expect(refusal.details).toMatchObject({ status: 400, error });
    expect(refusal.message).toBe(`gpu-7:8000 answered 400${error.message === '' ? '' : `: ${error.message}`}`);
    expect(failureOf('gpu-7:8000', body)).toMatchObject({ code: 'backend_failed', details: { error } });
  });

  test('are repeated only so far', () => {
    expect(refused(400, 'x'.repeat(5_000)).message.length).toBeLessThan(1_100);
  });
});

describe('the status decides', () => {
  test.each([
    [400, 'backend_refused', false],
    [401, 'backend_denied', false],
    [403, 'backend_denied', false],
    [404, 'backend_refused', false],
    [408, 'backend_timeout', true],
    [413, 'backend_refused', false],
    [422, 'backend_refused', false],
    [429, 'backend_overloaded', true],
    [500, 'backend_failed', true],
    [503, 'backend_failed', true],
    [204, 'backend_malformed', true],
    [307, 'backend_malformed', true],
  ])('[FD-02] %i is %s, worth a retry: %s', (status, code, retryable) => {
    expect(refused(status, '{}')).toMatchObject({ code, retryable });
  });

  test('[FD-02] Retry-After is taken over, in seconds or as a date, and only when it makes sense', () => {
    const after = (value: string): number | undefined => refused(429, '{}', { 'retry-after': value }).retryAfterMs;
    expect(after('7')).toBe(7_000);
    expect(after('0.5')).toBe(500);
    expect(Math.abs(after(new Date(Date.now() + 60_000).toUTCString())! - 60_000)).toBeLessThan(2_000);
    expect(after('Wed, 21 Oct 2015 07:28:00 GMT')).toBeUndefined();
    expect(after('soon')).toBeUndefined();
    expect(refused(429, '{}').retryAfterMs).toBeUndefined();
  });
});
