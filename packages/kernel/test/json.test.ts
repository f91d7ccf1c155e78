import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, digestOf, isJsonValue, Json, sha256Hex } from '../src/index.ts';

describe('canonical JSON', () => {
  test('says what JSON says, and the same for every order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test('leaves out what is undefined in objects, and keeps its place in lists', () => {
    expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
  });

  test.each([
    [() => 1],
    [Symbol('s')],
    [1n],
    [NaN],
    [Infinity],
    [new Date(0)],
    [new Map([['a', 1]])],
    [{ deep: [{ at: new Set([1]) }] }],
  ])('refuses what JSON cannot carry, instead of another value for it: %s', (value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
  });

  test('objects without a prototype are objects', () => {
    expect(canonicalJson(Object.assign(Object.create(null) as object, { a: 1 }))).toBe('{"a":1}');
  });
});

describe('what JSON can carry', () => {
  test('everything that was parsed from JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => isJsonValue(JSON.parse(JSON.stringify(value)))));
  });

  test.each([[undefined], [() => 1], [1n], [NaN], [JSON.parse('1e999')], [new Date(0)], [[{ deep: undefined }]]])(
    'not %s',
    (value) => expect(isJsonValue(value)).toBe(false),
  );

  test('nothing nested so deeply that a walk over it would exhaust the stack', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    expect(isJsonValue(nested(200))).toBe(true);
    expect(isJsonValue(nested(201))).toBe(false);
    expect(Json.safeParse(nested(100_000)).success).toBe(false);
  });
});

describe('digests', () => {
  test('SHA-256 of FIPS 180-4, of UTF-8', async () => {
    expect(await sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(await sha256Hex('ü')).not.toBe(await sha256Hex('u'));
  });

  test('name their algorithm, and do not depend on the order of keys', async () => {
    expect(await digestOf({ a: 1, b: 2 })).toBe(await digestOf({ b: 2, a: 1 }));
    expect(await digestOf({})).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toReversed();
  return Object.fromEntries(members.map(([key, member]) => [key, reversed(member)]));
}
