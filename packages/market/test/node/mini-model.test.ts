import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { about } from '../../src/drivers/mini/about.ts';
import { generate } from '../../src/drivers/mini/generate.ts';
import { NGram } from '../../src/drivers/mini/n-gram.ts';
import { paragraphsOf } from '../../src/drivers/mini/paragraphs.ts';
import { seededRandom } from '../../src/domain/seeded-random.ts';
import { StopFilter } from '../../src/drivers/mini/stop-filter.ts';
import { piecesOf } from '../../src/drivers/mini/tokens.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });
const model = new NGram(paragraphsOf(about));
const tokens = (prompt: string, temperature: number, seed: number, most = 200): number[] =>
  generate(model, prompt, temperature, seededRandom(seed)).take(most).toArray();

describe('tokens', () => {
  test('[MK-02] the tokens of any text joined are the text, and none is longer than 24 characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = piecesOf(text);
        expect(pieces.join('')).toBe(text);
        expect(pieces.every((piece) => piece !== '' && Array.from(piece).length <= 24)).toBe(true);
      }),
    );
  });
});

describe('random numbers', () => {
  test('are the same for the same seed, others for another, and spread over [0, 1)', () => {
    const draw = (seed: number): number[] => Array.from({ length: 1_000 }, seededRandom(seed));
    fc.assert(
      fc.property(fc.maxSafeInteger(), (seed) => {
        const numbers = draw(seed);
        expect(numbers).toEqual(draw(seed));
        expect(numbers).not.toEqual(draw(seed === 0 ? 1 : -seed));
        expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
        const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
        expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
      }),
      { numRuns: 50 },
    );
  });
});

describe('n-gram model', () => {
  test('finds every place where words followed each other, newest first, as a plain search does', () => {
    const words = fc.array(fc.constantFrom('a', ' b', ' c'), { minLength: 4, maxLength: 60 });
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 3 }), fc.nat(), (pieces, order, at) => {
        const small = new NGram([pieces.join('')]);
        // Pieces that are joined may be one word: then there is no context of this length.
        fc.pre(small.text.length > order);
        const start = at % (small.text.length - order);
        const context = [...small.text.subarray(start, start + order)];
        const plain: number[] = [];
        for (let position = small.text.length - 1; position >= order; position--) {
          if (context.every((token, index) => small.text[position - order + index] === token)) plain.push(position);
        }
        expect(small.positionsAfter(context)).toEqual(plain);
      }),
    );
  });

  test('knows no continuation of what it never read: the answer ends', () => {
    expect([...model.continuations([999_999])]).toEqual([[0, 1]]);
    expect([...new NGram([]).continuations([0])]).toEqual([[0, 1]]);
  });
});

describe('generator', () => {
  const settings = fc.record({
    prompt: fc.oneof(anyText, fc.constantFrom('What is a lease?', 'fence fence fence', 'Priorities and deadlines')),
    temperature: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 2, noNaN: true })),
    seed: fc.maxSafeInteger(),
  });

  test('[MK-02] is deterministic for a seed, and each word follows the one before it somewhere in the text', () => {
    fc.assert(
      fc.property(settings, ({ prompt, temperature, seed }) => {
        const said = tokens(prompt, temperature, seed);
        expect(tokens(prompt, temperature, seed)).toEqual(said);
        expect(said.length).toBeGreaterThan(0);
        for (const [index, token] of said.entries()) {
          expect(token).toBeGreaterThan(0);
          const follows = model.positionsAfter([said[index - 1] ?? 0]).some((at) => model.text[at] === token);
          expect(follows || index < 2).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('temperature 0 needs no luck, temperature 1 varies', () => {
    expect(tokens('What is a fence?', 0, 1)).toEqual(tokens('What is a fence?', 0, 2));
    const variants = new Set(Array.from({ length: 20 }, (_, seed) => tokens('What is it?', 1, seed).join()));
    expect(variants.size).toBeGreaterThan(3);
  });

  test('begins where the rarest known word of the prompt occurs', () => {
    const text = (prompt: string): string =>
      tokens(prompt, 0, 1)
        .map((token) => model.vocabulary.textOf(token))
        .join('');
    expect(text('Please explain priorities to me')).toMatch(/^Priorities decide/);
    expect(text('the unmodified one')).toMatch(/^The gateway/);
  });
});

describe('stop filter', () => {
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
    maxLength: 20,
  });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 5 }), {
    maxLength: 4,
  });

  test('[MK-02] what comes out is the text before the first stop sequence, however it is cut', () => {
    fc.assert(
      fc.property(pieces, stops, (texts, sequences) => {
        const filter = new StopFilter(sequences);
        let shown = '';
        for (const text of texts) {
          if (!filter.stopped) shown += filter.push(text);
          expect(sequences.some((sequence) => shown.includes(sequence))).toBe(false);
        }
        shown += filter.end();
        const all = texts.join('');
        const ends = sequences.map((sequence) => all.indexOf(sequence)).filter((at) => at !== -1);
        expect(filter.stopped).toBe(ends.length > 0);
        // Of overlapping sequences the one that is complete first decides, and it cuts at the earliest place seen.
        const cutRightly = all.startsWith(shown) && shown.length >= Math.min(...ends);
        expect(ends.length === 0 ? shown === all : cutRightly).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('holds back no more than could become a stop sequence', () => {
    const filter = new StopFilter(['END']);
    expect(['a', 'E', 'N', 'x', 'EN', 'D', 'y'].map((text) => (filter.stopped ? '-' : filter.push(text)))).toEqual([
      'a',
      '',
      '',
      'ENx',
      '',
      '',
      '-',
    ]);
  });
});

describe('paragraphs', () => {
  test('are the prose of Markdown: no code, tables, marks or link targets', () => {
    const markdown = [
      '# Heading\n\nA **first** paragraph with a [link](https://example.org/x) that goes\r\non here.',
      '```sh\nnpm ci && npm start # not a sentence, however long it is\n```',
      '| a | b |\n|---|---|\n| a cell that is long enough to be one | 2 |',
      '<!-- a comment that nobody should ever read -->\n- An item of a list which is long enough to be read\n- Another item of this list, long enough to be read as well',
    ].join('\n\n');
    expect(paragraphsOf(markdown)).toEqual([
      'A first paragraph with a link that goes on here.',
      'An item of a list which is long enough to be read',
      'Another item of this list, long enough to be read as well',
    ]);
  });
});
