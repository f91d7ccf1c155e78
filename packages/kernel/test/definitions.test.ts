import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  compiledSchema,
  defineError,
  defineOperation,
  errorCatalogue,
  errorClasses,
  Json,
  Labels,
  MicroUsd,
  Name,
  permits,
  toProblem,
} from '../src/index.ts';

describe('operations', () => {
  const spec = {
    name: 'notes.add',
    summary: 'Add a note',
    access: 'notes:write',
    effect: 'write',
    http: { method: 'POST', path: '/v1/notes' },
    input: z.object({}),
    output: z.object({}),
  } as const;

  test('know their domain and verb', () => {
    expect(defineOperation(spec)).toMatchObject({ domain: 'notes', verb: 'add', errors: [] });
  });

  test.each([
    [{ name: 'notes' }, 'must be named domain.verb'],
    [{ name: 'Notes.add' }, 'must be named domain.verb'],
    [{ effect: 'read' as const }, 'must be a GET'],
    [{ http: { method: 'GET' as const, path: '/v1/notes' } }, 'cannot be a GET'],
    [{ approvedInAdvance: true as const }, 'needs no approval'],
  ])('one that contradicts itself is refused: %j', (change, message) => {
    expect(() => defineOperation({ ...spec, ...change })).toThrow(message);
  });

  test.each([
    [['notes:write'], true],
    [['notes:*'], true],
    [['*'], true],
    [[], false],
    [['notes:read', 'note:*', 'notes', 'notes:writer', ''], false],
  ])('%j covers notes:write: %s', (granted, covers) => {
    expect(permits(granted, 'notes:write')).toBe(covers);
  });
});

describe('errors', () => {
  test('[FD-01 code] a code has one meaning', () => {
    const { code } = errorCatalogue()[0]!;
    expect(() => defineError({ code, class: 'invalid', title: '', meaning: '', remedy: '' })).toThrow('defined twice');
  });

  test('[FD-01 retryable] [FD-02 permanent] only what may pass by itself may be tried again', () => {
    const retryable = Object.values(errorClasses).filter((each) => each.retryable);
    expect(retryable.map(({ status }) => status)).toEqual([429, 502, 503, 504]);
  });

  test('[FD-01 problem] what the world sees has neither stack nor cause', () => {
    const kind = errorCatalogue().find(({ code }) => code === 'not_found')!;
    const problem = toProblem(
      kind.error('there is no note 7', { cause: new Error('secret path'), details: { id: 7 } }),
      'c-1',
    );
    expect(problem).toEqual({
      type: '/errors/not_found',
      title: 'Not found',
      status: 404,
      detail: 'there is no note 7',
      code: 'not_found',
      retryable: false,
      correlationId: 'c-1',
      details: { id: 7 },
    });
  });
});

describe('schemas', () => {
  test.each(['', ' ', '\u0000', 'a\nb', 'x'.repeat(101)])('%j is no name', (text) => {
    expect(Name.safeParse(text).success).toBe(false);
  });

  test.each(['1.5', '-1', '', '1e3', '1'.repeat(19), '0x1'])('%j is no amount', (text) => {
    expect(MicroUsd.safeParse(text).success).toBe(false);
  });

  test('labels are few and short', () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
    expect(Labels.safeParse(many(32)).success).toBe(true);
    for (const wrong of [many(33), { '-a': 'v' }, { '': 'v' }, { a: 'x'.repeat(256) }, { a: 1 }])
      expect(Labels.safeParse(wrong).success).toBe(false);
  });
});

describe('compiled schemas', () => {
  const schema = z.object({ name: Name, input: Json.default(null) }).strict();

  test('answer as the schema itself does, whether the input is valid or not', () => {
    for (const input of [{ name: 'a', input: [1, { b: null }] }, { name: 'a' }, { name: '', more: 1 }, null])
      expect(JSON.stringify(compiledSchema(schema).safeParse(input))).toBe(JSON.stringify(schema.safeParse(input)));
  });

  test('are made once', () => {
    expect(compiledSchema(schema)).toBe(compiledSchema(schema));
    expect(compiledSchema(schema)).not.toBe(schema);
  });
});
