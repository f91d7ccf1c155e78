import type { Mutant } from './mutant.ts';

const handler = 'packages/market/test/node/chat-handler.test.ts';
const endpoints = 'tests/e2e/openai/endpoints.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'usage-shown-to-a-client-that-did-not-ask',
    guarantee: 'MK-02 usage',
    file: 'packages/market/src/node/usage-request.ts',
    find: 'return parseAnswer(chunk)?.choices?.length === 0 ? undefined : chunk;',
    replace: 'return chunk;',
    test: handler,
    testName: 'the client sees nothing of that',
  },
  {
    name: 'usage-taken-out-of-what-a-model-says',
    guarantee: 'MK-02 usage',
    file: 'packages/market/src/node/usage-request.ts',
    find: `const emptyUsage = /,\\s*"usage"\\s*:\\s*null/;`,
    replace: `const emptyUsage = /,\\s*\\\\?"usage\\\\?"\\s*:\\s*null/g;`,
    test: handler,
    testName: 'is not touched',
  },
  {
    name: 'long-answer-missing-its-last-piece',
    guarantee: 'MK-02 embeddings',
    file: 'packages/market/src/node/chat-handler.ts',
    find: 'at < text.length; at += pieceLength',
    replace: 'at + pieceLength < text.length; at += pieceLength',
    test: handler,
    testName: 'goes ahead in pieces',
  },
  {
    name: 'tokens-after-the-end-passed-on',
    guarantee: 'MK-02 stream',
    file: 'packages/market/src/drivers/openai/answer-stream.ts',
    find: 'if (event === endMark) return exchange.discardRest();',
    replace: 'if (event === endMark) continue;',
    test: handler,
    testName: 'ends with the first',
  },
  {
    name: 'completions-sent-to-the-chat',
    guarantee: 'MK-02 completions',
    file: 'packages/market/src/node/backend.ts',
    find: "if ('prompt' in body) return '/completions';",
    replace: "if ('prompt' in body) return '/chat/completions';",
    test: endpoints,
    testName: 'parameters pass untouched',
  },
  {
    name: 'embedding-model-taken-for-a-chat',
    guarantee: 'MK-02 embeddings',
    file: 'packages/market/src/node/capability.ts',
    find: "? 'embeddings' : 'chat'",
    replace: "? 'chat' : 'chat'",
    test: endpoints,
    testName: 'in both encodings',
  },
];
