import type { Client } from '@reeve/sdk';
import { wanted } from './pass.ts';
import type { Measure } from './measure.ts';

/**
 * Hands out lines whose measure is known already. Whoever is to measure them is told no more than of any other chunk; what
 * comes back is compared by the hub, and counts in what it believes of the agent.
 */
export async function probe(client: Client, lines: readonly string[], right: readonly Measure[], count: number) {
  const tasks = Array.from({ length: count }, (_, number) => {
    const line = Math.floor((number * lines.length) / count);
    return {
      kind: 'chunk',
      requires: [{ name: wanted.name }], // from whoever says that they can do it at all, however well
      input: { items: [lines[line]!], firstItem: line, shared: null },
      verify: { canary: { expected: [{ ...right[line]! }] } },
      maxAttempts: 10,
      backoff: { initialDelayMs: 0 },
    };
  });
  const ids: string[] = [];
  for await (const answer of client.tasks.createMany(tasks)) if ('id' in answer) ids.push(answer.id);
  let ended = 0;
  for await (const result of client.tasks.results(ids, { order: 'completion' })) if ('line' in result) ended += 1;
  if (ended !== count) throw new Error(`${ended} of ${count} lines with a known measure came back`);
}

export interface Belief {
  readonly declared: number;
  /** What matching goes by: the declaration, outweighed by what was found. */
  readonly believed: number;
  readonly rightAnswers: number;
  readonly answers: number;
}

/** What the hub believes of an agent, and how many known lines that stands on. */
export async function beliefIn(client: Client, agentId: string): Promise<Belief> {
  const { capabilities } = await client.agents.proficiency({ id: agentId });
  const { declared, blend, evidence } = capabilities[0]!;
  const { good, bad } = evidence.find(({ source }) => source === 'canary') ?? { good: 0, bad: 0 };
  return { declared, believed: blend, rightAnswers: good, answers: good + bad };
}
