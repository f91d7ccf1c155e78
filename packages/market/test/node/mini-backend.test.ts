import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ReeveError } from '@reeve/kernel';
import { describe, expect, test } from 'vitest';
import { about } from '../../src/drivers/mini/about.ts';
import { readCorpus } from '../../src/drivers/mini/corpus.ts';
import { piecesOf } from '../../src/drivers/mini/tokens.ts';
import { createMiniBackend } from '../../src/node/index.ts';
import { all, asking, completionOf, contentOf, failureOf, never, type Completion } from './reading.ts';

const backend = await createMiniBackend();
const body = (more: Record<string, unknown> = {}) => asking('What is a lease?', { model: 'mini', seed: 7, ...more });
const ask = async (more: Record<string, unknown> = {}): Promise<Completion> =>
  completionOf(await backend.answer(body(more), never));
const said = (answer: Completion): string => answer.choices[0]!.message.content;

describe('mini', () => {
  test('[MK-02] says that it is a toy: in the list of models, in the fingerprint and in its first words', async () => {
    expect(await backend.models(never)).toEqual([
      { id: 'mini', contextTokens: 8_192, ownedBy: 'reeve (toy n-gram model)' },
    ]);
    const answer = await ask();
    expect(answer.system_fingerprint).toMatch(/^toy_ngram_[0-9a-f]{10}$/);
    expect(said(answer)).toMatch(/^I am mini, a toy/);
  });

  test('introduces itself once in a conversation', async () => {
    const messages = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'I am mini, a toy.' },
      { role: 'user', content: 'What is a fence?' },
    ];
    expect(said(await ask({ messages }))).not.toMatch(/toy/);
  });

  test('[MK-02] the same seed gives the same answer, another seed another', async () => {
    expect(said(await ask())).toBe(said(await ask()));
    const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(async (seed) => said(await ask({ seed }))));
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  test.each([1, 5, 30])(
    '[MK-02] max_tokens %i is the number of tokens made, and the reason for the end',
    async (most) => {
      for (const limit of [{ max_tokens: most }, { max_completion_tokens: most, max_tokens: 1_000 }]) {
        const answer = await ask(limit);
        expect(answer.usage.completion_tokens).toBe(most);
        expect(answer.choices[0]!.finish_reason).toBe('length');
        expect(piecesOf(said(answer))).toHaveLength(most);
      }
    },
  );

  test('[MK-02] usage counts the tokens of all messages, and one for each role', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'What is a lease?' }] },
    ];
    const { usage } = await ask({ messages, max_tokens: 3 });
    expect(usage).toEqual({ prompt_tokens: 1 + 3 + 1 + 5, completion_tokens: 3, total_tokens: 13 });
  });

  test('[MK-02] streams one chunk per token', async () => {
    const chunks = await all(backend.answerStream(body({ stream: true, max_tokens: 40 }), never));
    const { length: tokens } = piecesOf(contentOf(chunks)); // fewer than 40 where a text of the corpus ends
    expect(tokens).toBeGreaterThan(10);
    expect(chunks).toHaveLength(1 + tokens + 1);
  });

  test.each(['toy', [' believe', 'model']])('[MK-02] stops before %j, streamed or not', async (stop) => {
    const whole = await ask({ stop });
    const streamed = await all(backend.answerStream(body({ stop, stream: true }), never));
    expect(whole.choices[0]!.finish_reason).toBe('stop');
    expect(said(whole)).toBe(contentOf(streamed));
    expect(said(whole)).toMatch(/^I am mini, a (toy: an n-gram )?$/);
  });

  const refused: Array<[string, Record<string, unknown>, RegExp]> = [
    ['messages', { messages: [] }, /must not be empty/],
    ['messages.0.role', { messages: [{ role: 'robot', content: 'hi' }] }, /role/],
    ['messages.0.content', { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, /reads text only/],
    ['n', { n: 2 }, /n must be 1/],
    ['tools', { tools: [{ type: 'function', function: { name: 'f' } }] }, /calls no tools/],
    ['response_format.type', { response_format: { type: 'json_object' } }, /cannot keep to a format/],
    ['logprobs', { logprobs: true }, /no log probabilities/],
    ['temperature', { temperature: 2.1 }, /temperature/],
    ['max_tokens', { max_tokens: 0 }, /max_tokens/],
    ['stop', { stop: '' }, /stop/],
    ['seed', { seed: 1.5 }, /seed/],
    ['messages', { messages: [{ role: 'user', content: 'word '.repeat(8_192) }] }, /context is 8192 tokens/],
  ];
  test.each(refused)('[MK-02] refuses %s %j as a real backend would: 400 and why', async (param, more, message) => {
    const error = await failureOf(backend.answer(body(more), never));
    expect(error).toBeInstanceOf(ReeveError);
    expect(error).toMatchObject({
      code: 'backend_refused',
      message: expect.stringMatching(message),
      details: { status: 400, error: { type: 'invalid_request_error', param } },
    });
    expect(await failureOf(all(backend.answerStream(body(more), never)))).toMatchObject({ code: 'backend_refused' });
  });

  test('[MK-02] another model is not found; fields it does not know and empty options are no fault', async () => {
    const error = await failureOf(backend.answer(body({ model: 'gpt-5' }), never));
    expect(error).toMatchObject({ details: { status: 404, error: { code: 'model_not_found' } } });
    const harmless = { n: null, tools: [], stop: null, response_format: { type: 'text' }, top_p: 0.9, user: 'someone' };
    expect((await ask(harmless)).choices).toHaveLength(1);
  });

  test('lets the event loop have its turns while it makes thousands of tokens', async () => {
    // One paragraph that leads back into itself: at temperature 0 it never ends by itself.
    const circle = await createMiniBackend({ texts: [Array(50).fill('one two three four five six seven').join(' ')] });
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    setImmediate(turn);
    const answer = completionOf(await circle.answer(body({ temperature: 0, max_tokens: 8_000 }), never));
    done = true;
    expect(answer.usage.completion_tokens).toBe(8_000);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('what mini learns from', () => {
  async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'reeve-mini-'));
    try {
      await work(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('in the repository: its documents, after the text that is part of the program', async () => {
    const texts = await readCorpus();
    expect(texts[0]).toBe(about);
    expect(texts.length).toBeGreaterThan(1);
  });

  test('in a published package: the README and LICENSE of the package, whatever lies above it', () =>
    withFolder(async (folder) => {
      const root = join(folder, 'node_modules/@reeve/market');
      await mkdir(join(root, 'dist/drivers/mini'), { recursive: true });
      await writeFile(join(folder, 'package.json'), '{"name":"someones-project"}');
      await writeFile(join(folder, 'README.md'), 'not ours');
      await writeFile(join(root, 'package.json'), '{"name":"@reeve/market"}');
      await writeFile(join(root, 'README.md'), 'the readme');
      await writeFile(join(root, 'LICENSE'), 'the license');
      expect(await readCorpus(join(root, 'dist/drivers/mini'))).toEqual([about, 'the readme', 'the license']);
    }));

  test('anywhere else: the text that is part of the program, and that is enough', () =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'package.json'), 'broken');
      expect(await readCorpus(folder)).toEqual([about]);
    }));

  test('the directory a process is started in makes no difference', async () => {
    const door = new URL('../../src/node/index.ts', import.meta.url).href;
    const program = `const { createMiniBackend } = await import(${JSON.stringify(door)});
      const backend = await createMiniBackend();
      const body = { model: 'mini', messages: [{ role: 'user', content: 'hi' }] };
      console.log(JSON.parse(await backend.answer(body, new AbortController().signal)).system_fingerprint);`;
    const args = ['--conditions=reeve-source', '--input-type=module', '--eval', program];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: tmpdir() });
    expect(stdout.trim()).toBe((await ask()).system_fingerprint);
  });
});
