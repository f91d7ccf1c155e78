import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSent, Splice } from '../../src/gateway/splice.ts';

const piece = fc.string({ minLength: 1, maxLength: 6 });
const pieces = fc.array(piece, { minLength: 1, maxLength: 12 });

function chunk(id: string, delta: object, finish_reason: string | null = null): string {
  return JSON.stringify({ id, created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] });
}

function chunksOf(id: string, texts: readonly string[]): string[] {
  return [chunk(id, { role: 'assistant', content: '' }), ...texts.map((content) => chunk(id, { content }))];
}

function said(chunks: readonly (string | null | undefined)[]): string {
  return chunks
    .filter((text) => typeof text === 'string')
    .map((text) => (JSON.parse(text) as { choices: { delta: { content?: string } }[] }).choices[0]!.delta.content ?? '')
    .join('');
}

describe('an answer of two nodes', () => {
  test('[LD-07 regenerate] has each character once, wherever it broke and however either cuts it', () => {
    fc.assert(
      fc.property(pieces, fc.nat({ max: 80 }), fc.nat({ max: 5 }), (texts, cut, width) => {
        const whole = texts.join('');
        const first = chunksOf('first', Array.from(whole.slice(0, cut)));
        const splice = new Splice(readSent(first)!, true);
        const again = whole.match(new RegExp(`[^]{1,${width + 1}}`, 'g')) ?? [];
        const second = [...chunksOf('second', again), chunk('second', {}, 'stop')].map((text) => splice.next(text));
        expect(second).not.toContain(undefined);
        expect(said([...first, ...second])).toBe(whole);
        for (const text of second) if (text !== null) expect(JSON.parse(text!)).toMatchObject({ id: 'first' });
      }),
    );
  });

  test('[LD-07 error] is given up when the second says another thing, or ends before it has said it all again', () => {
    fc.assert(
      fc.property(pieces, fc.nat(), (texts, at) => {
        const whole = texts.join('');
        const wrong = at % whole.length;
        const other = whole[wrong] === 'x' ? 'y' : 'x';
        const splice = new Splice(readSent(chunksOf('first', texts))!, true);
        const differing = Array.from({ length: whole.length }, (_, index) => (index === wrong ? other : whole[index]!));
        const passed = chunksOf('second', differing).map((text) => splice.next(text));
        expect(passed[wrong + 1]).toBeUndefined();
        expect(said(passed.slice(0, wrong + 1))).toBe('');
        const early = new Splice(readSent(chunksOf('first', texts))!, true);
        expect(early.next(chunk('second', {}, 'stop'))).toBeUndefined();
      }),
    );
  });

  test('[LD-07 replay] goes on after what was sent, and the client is told what it used as of one request', () => {
    const sent = readSent(chunksOf('first', ['one', ' two']))!;
    const splice = new Splice(sent, false);
    const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
    const rest = [...chunksOf('second', [' three']), JSON.stringify({ choices: [], usage })].map((text) =>
      splice.next(text),
    );
    expect(rest[0], 'the role is known').toBeNull();
    expect(said(rest.slice(0, 2))).toBe(' three');
    expect(JSON.parse(rest[2]!)).toMatchObject({
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
  });

  test.each([
    ['a call of a tool', chunk('first', { tool_calls: [{ index: 0 }] })],
    ['reasoning', chunk('first', { reasoning_content: 'hm' })],
    ['its end', chunk('first', {}, 'stop')],
    ['no JSON', '{"choices":['],
  ])('[LD-07 error] cannot be made when the first has given %s', (_, text) => {
    expect(readSent([...chunksOf('first', ['one']), text])).toBeUndefined();
  });
});
