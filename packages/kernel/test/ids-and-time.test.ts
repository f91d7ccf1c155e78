import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance, formatDurationMs, isUuid, nearestNames, parseDurationMs, uuidv7 } from '../src/index.ts';

describe('ids', () => {
  test('are UUIDs of version 7 that grow, whatever the clock does', () => {
    const startMs = Date.now() + 60_000;
    let last = '';
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { maxLength: 50 }), (offsets) => {
        for (const offset of offsets) {
          const id = uuidv7(startMs + offset);
          expect(isUuid(id)).toBe(true);
          expect(id[14]).toBe('7');
          expect(id > last).toBe(true);
          last = id;
        }
      }),
    );
  });

  test('many in one millisecond are different and in order', () => {
    const atMs = Date.now() + 600_000;
    const ids = Array.from({ length: 10_000 }, () => uuidv7(atMs));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('carry the time at which they were made', () => {
    const atMs = Date.now() + 6_000_000;
    expect(Number.parseInt(uuidv7(atMs).replaceAll('-', '').slice(0, 12), 16)).toBe(atMs);
  });
});

describe('durations', () => {
  test.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['24h', 86_400_000],
    [' 7 d ', 604_800_000],
  ])('%s are %i milliseconds', (text, ms) => expect(parseDurationMs(text)).toBe(ms));

  test.each(['', '5', 's', '-1s', '1e3s', '1 week', '1s2m', '١s'])('"%s" is none', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  test('what is written is read as what it was, to a twentieth', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 10 }), (ms) => {
        expect(Math.abs(parseDurationMs(formatDurationMs(ms))! - ms)).toBeLessThanOrEqual(ms / 20);
      }),
    );
  });
});

describe('nearest names', () => {
  test('the distance is a metric', () => {
    const words = fc.string({ maxLength: 12 });
    fc.assert(
      fc.property(words, words, words, (a, b, c) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      }),
    );
  });

  test('[HB-02 nearest] a slip finds its name; what is far finds nothing; the best comes first', () => {
    const known = ['pdf.extract', 'pdf.extracts', 'text.count', 'llm.chat:mini'];
    expect(nearestNames('pdf.extrct', known)).toEqual(['pdf.extract', 'pdf.extracts']);
    expect(nearestNames('image.resize', known)).toEqual([]);
    expect(nearestNames('', known)).toEqual([]);
  });
});
