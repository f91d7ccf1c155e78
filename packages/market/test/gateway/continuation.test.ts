import { describe, expect, test } from 'vitest';
import { continuable, requestAfter, withTokensGiven } from '../../src/domain/continuation.ts';

const greedy = { model: 'm', messages: [{ role: 'user', content: 'hello' }], stream: true, temperature: 0 };

describe('a request whose broken answer another node may go on with', () => {
  test('[LD-07 replay] [LD-07 regenerate] asks for one text, greedy or by a seed', () => {
    expect(continuable(greedy)).toBeDefined();
    expect(continuable({ ...greedy, temperature: 0.7, seed: 1, max_tokens: 5, n: 1 })).toBeDefined();
    const { messages: _, ...rest } = greedy;
    expect(continuable({ ...rest, prompt: 'once' })).toBeDefined();
  });

  test.each([
    { temperature: 1 },
    { temperature: undefined },
    { n: 2 },
    { tools: [] },
    { logprobs: true },
    { stop: ['x'] },
    { response_format: { type: 'json_object' } },
    { presence_penalty: 1 },
    { stream: false },
    { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    { messages: [{ role: 'assistant', content: 'begun' }] },
    { unheard_of: 1 },
  ])('[LD-07 error] is none with %j', (more) => {
    expect(continuable({ ...greedy, ...more })).toBeUndefined();
  });

  test('[LD-07 replay] has what was sent as its last message, or at the end of its prompt, and no more tokens in all', () => {
    expect(requestAfter(greedy, 'so far')).toMatchObject({
      messages: [
        { role: 'user', content: 'hello' },
        { role: 'assistant', content: 'so far' },
      ],
      continue_final_message: true,
      add_generation_prompt: false,
    });
    expect(requestAfter({ prompt: 'once' }, ' upon')).toEqual({ prompt: 'once upon' });
    expect(requestAfter(greedy, ''), 'nothing was sent').toBe(greedy);
    expect(withTokensGiven({ max_tokens: 10, max_completion_tokens: 20 }, 4)).toEqual({
      max_tokens: 6,
      max_completion_tokens: 16,
    });
    expect(withTokensGiven({ max_tokens: 4 }, 4)).toBeUndefined();
  });
});
