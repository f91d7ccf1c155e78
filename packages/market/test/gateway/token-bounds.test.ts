import { expect, test } from 'vitest';
import { conversationKey } from '../../src/gateway/conversation-key.ts';
import { answerBound } from '../../src/domain/token-bounds.ts';

test.each([
  [{ max_tokens: 10 }, 10],
  [{ max_completion_tokens: 20, max_tokens: 10 }, 20],
  [{ max_tokens: 10, n: 3 }, 30],
  [{ max_tokens: 10, n: 2, best_of: 5 }, 50],
  [{ max_tokens: 10, prompt: ['a', 'b'] }, 20],
  [{ max_tokens: 10, prompt: [1, 2, 3] }, 10],
  [{ input: 'text' }, 0],
  [{ max_tokens: 0 }, undefined],
  [{ max_tokens: '10' }, undefined],
  [{}, undefined],
])('[MK-03 ceiling] an answer to %j has at most %s tokens', (request, most) => {
  expect(answerBound(request)).toBe(most);
});

test('[MK-03 affinity] a conversation keeps its key as it grows; another has another, and so has another tenant', () => {
  const key = (conversation: object[], tenant = 'a') => conversationKey(tenant, 'm', conversation);
  const grown = [
    { role: 'system', content: 's' },
    { role: 'user', content: 'one' },
  ];
  const later = [...grown, { role: 'assistant', content: 'yes' }, { role: 'user', content: 'two' }];
  expect(key(later)).toBe(key(grown));
  expect(
    key([
      { role: 'system', content: 's' },
      { role: 'user', content: 'two' },
    ]),
  ).not.toBe(key(grown));
  expect(key(grown, 'b')).not.toBe(key(grown));
  expect(key([{ role: 'system', content: 's' }])).toBeUndefined();
});
