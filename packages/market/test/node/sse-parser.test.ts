import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SseParser } from '../../src/drivers/openai/sse-parser.ts';

const limit = 1024;

function parse(pieces: readonly Uint8Array[], maxEventBytes = limit): string[] {
  const parser = new SseParser(maxEventBytes);
  return [...pieces.flatMap((piece) => parser.push(Buffer.from(piece))), ...parser.end()];
}

const parseText = (text: string): string[] => parse([Buffer.from(text)]);

/** Cuts bytes at the given places, wherever they fall. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((start, index) => bytes.subarray(start, sorted[index] ?? bytes.length));
}

describe('server-sent events', () => {
  test('[MK-01] any text comes through any cutting, line end and comments', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, ''));
    const event = fc.array(line, { minLength: 1, maxLength: 3 });
    const run = fc.record({
      events: fc.array(event, { maxLength: 8 }),
      lineEnd: fc.constantFrom('\n', '\r\n'),
      comment: fc.constantFrom('', ': ping\n', 'event: message\nid: 7\n'),
      space: fc.constantFrom('', ' '),
      places: fc.array(fc.nat(), { maxLength: 20 }),
    });
    fc.assert(
      fc.property(run, ({ events, lineEnd, comment, space, places }) => {
        // Without the space, a first space of the text itself would be taken for it: that is the standard.
        const texts = events.map((lines) => lines.map((text) => (space === '' ? text.trimStart() : text)));
        const written = texts.map((lines) => {
          const data = lines.map((text) => `data:${space}${text}\n`).join('');
          return `${comment}${data}\n`.replaceAll('\n', lineEnd);
        });
        expect(parse(cut(Buffer.from(written.join('')), places))).toEqual(texts.map((lines) => lines.join('\n')));
      }),
      { numRuns: 300 },
    );
  });

  test('every single cut of a stream with two-, three- and four-byte characters gives the same events', () => {
    const bytes = Buffer.from('data: {"a":"grüß – 🌍"}\r\n\r\n: ping\n\ndata: x\ndata: y\n\ndata: [DONE]\n\n');
    for (let place = 0; place <= bytes.length; place++) {
      expect(parse(cut(bytes, [place]))).toEqual(['{"a":"grüß – 🌍"}', 'x\ny', '[DONE]']);
    }
    expect(parse([...bytes].map((byte) => Buffer.of(byte)))).toEqual(['{"a":"grüß – 🌍"}', 'x\ny', '[DONE]']);
  });

  test('a byte order mark is dropped, once', () => {
    expect(parseText('\ufeffdata: a\n\ndata: \ufeffb\n\n')).toEqual(['a', '\ufeffb']);
  });

  test('empty events and empty lines are no events, an empty data line is one', () => {
    expect(parseText('\n\n: only a comment\n\nevent: x\n\ndata:\n\n')).toEqual(['']);
  });

  test('the error line of llama.cpp is an event', () => {
    expect(parseText('error: {"code":500}\n\n')).toEqual(['{"code":500}']);
  });

  test('an event that the stream ends in comes out at the end', () => {
    expect(parseText('data: a\n\ndata: [DONE]')).toEqual(['a', '[DONE]']);
    expect(parseText('data: a\n\ndata: b\n')).toEqual(['a', 'b']);
  });

  test('a line, or an event of many lines, beyond the limit is an error and not a growing memory', () => {
    const long = 'x'.repeat(limit + 1);
    expect(() => parse([...Buffer.from(`data: ${long}`)].map((byte) => Buffer.of(byte)))).toThrow(
      /more than 1024 bytes/,
    );
    expect(() => parseText(`data: ${long}\n\n`)).toThrow(/more than 1024 bytes/);
    expect(() => parseText(`data: ${'x'.repeat(600)}\n`.repeat(2))).toThrow(/more than 1024 bytes/);
    expect(parseText(`data: ${'x'.repeat(limit)}\n\n`)).toHaveLength(1);
  });
});
