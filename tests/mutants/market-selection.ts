import type { Mutant } from './mutant.ts';

const match = 'packages/hub/src/domain/match.ts';
const choice = 'packages/hub/src/domain/choice.ts';
const domain = 'packages/hub/test/domain/choice.test.ts';
const selection = 'tests/e2e/openai/selection.test.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'policy-not-heeded',
    guarantee: 'LD-01 policy',
    file: match,
    find: 'return weighted(scoreParts(standing, wanted), weights[wanted.policy ??',
    replace: 'return weighted(scoreParts(standing, wanted), weights[undefined ??',
    test: domain,
    testName: 'cheapest chooses cheap',
  },
  {
    name: 'word-of-a-node-before-what-is-measured',
    guarantee: 'MK-03 selection',
    file: 'packages/hub/src/domain/figures.ts',
    find: 'measuredMs(figures) ?? saidMs(said)',
    replace: 'saidMs(said) ?? measuredMs(figures)',
    test: domain,
    testName: 'outweighs what an agent says',
  },
  {
    name: 'failures-of-a-node-not-weighed',
    guarantee: 'MK-03 selection',
    file: match,
    find: 'return (parts.success * sum) / total;',
    replace: 'return sum / total;',
    test: domain,
    testName: 'an agent that fails is passed over',
  },
  {
    name: 'one-drawn-in-place-of-two',
    guarantee: 'MK-03 selection',
    file: 'packages/hub/src/domain/lazy-ranking.ts',
    find: 'return value >= otherValue ? one : other;',
    replace: 'return one;',
    test: domain,
    testName: 'never takes the worst of three',
  },
  {
    name: 'conversation-sent-anywhere',
    guarantee: 'MK-03 affinity',
    file: choice,
    find: 'if (preferred && preferred !== task.failedOn && hasRoom(queue, preferred)) return preferred;',
    replace: '',
    test: domain,
    testName: 'the one that had the conversation',
  },
  {
    name: 'cost-ceiling-a-micro-dollar-too-high',
    guarantee: 'MK-03 ceiling',
    file: match,
    find: 'if (picoUsd <= cost.maxMicroUsd * picoPerMicro) return undefined;',
    replace: 'if (picoUsd <= (cost.maxMicroUsd + 1n) * picoPerMicro) return undefined;',
    test: domain,
    testName: 'kept to the micro-dollar',
  },
  {
    name: 'waits-for-a-node-that-cannot-be',
    guarantee: 'MK-03 ceiling',
    file: 'packages/market/src/gateway/qualified.ts',
    find: 'if (hub.isMet(requires, constraints)) return;',
    replace: "if (hub.isMet(requires, constraints) || requires.length > 0) throw NoNodeQualifies.error('no node');",
    test: selection,
    testName: 'is heeded, and so is the header',
  },
  {
    name: 'routing-shown-to-the-backend',
    guarantee: 'MK-03 selection',
    file: 'packages/market/src/gateway/routing.ts',
    find: 'const { reeve = {}, ...body } = asked;',
    replace: 'const { reeve = {} } = asked;\n  const body = asked;',
    test: selection,
    testName: 'does not reach the backend',
  },
];
