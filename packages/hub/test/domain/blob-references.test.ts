import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blobsIn } from '../../src/domain/blob-references.ts';

const hex = fc
  .array(fc.constantFrom(...'0123456789abcdef'.split('')), { minLength: 64, maxLength: 64 })
  .map((all) => all.join(''));

describe('references to blobs', () => {
  test('are found wherever they stand, each once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(hex, { maxLength: 5 }), fc.jsonValue(), (digests, other) => {
        const references = digests.map(($blob) => ({ $blob }));
        const input = [{ deep: [references, other === null] }, ...references, 'text with $blob'];
        expect(blobsIn(input).toSorted()).toEqual(digests.toSorted());
      }),
    );
  });

  test.each([{ $blob: 'A'.repeat(64) }, { $blob: 'a'.repeat(64), more: 1 }, { $blob: 7 }, { a: [{ $blob: '../x' }] }])(
    '%j is refused',
    (input) => {
      expect(() => blobsIn(input)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    },
  );

  test('more than a hundred are refused', () => {
    const many = Array.from({ length: 101 }, (_, n) => ({ $blob: n.toString(16).padStart(64, '0') }));
    expect(blobsIn(many.slice(1))).toHaveLength(100);
    expect(() => blobsIn(many)).toThrow('101 blobs');
  });
});
