import type { Client } from '@reeve/sdk';
import { doerOf, shareOf, wanted, type Chunk, type Pass } from './pass.ts';
import type { Belief } from './probe.ts';

export interface AgentFacts {
  readonly id: string;
  readonly name: string;
  /** Share of the lines about which its program is right, 0..1: what the hub cannot know. */
  readonly truly: number;
  readonly belief: Belief;
  readonly before: Pass;
  readonly after: Pass;
}

/** Why an agent gets none of the work, in the words of `reeve tasks explain`. */
export async function refusalOf({ tasks }: Client, { chunks }: Pass, agentId: string): Promise<string> {
  const { agents } = await tasks.explain({ id: chunks.at(-1)!.taskId });
  const failed = agents.find((verdict) => verdict.agentId === agentId)?.failed;
  if (!failed) return 'nothing speaks against it';
  return `${failed.requirement}: wanted ${String(failed.wanted)}, found ${String(failed.found)}`;
}

export interface Story {
  readonly first: Pass;
  readonly second: Pass;
  readonly agents: readonly AgentFacts[];
  /** Why the liar got nothing in the second pass. */
  readonly refusal: string;
}

const heads = ['', 'says', 'known lines right', 'is believed', 'is really', 'work before', 'after'];

export function printReport({ first, second, agents, refusal }: Story): void {
  const rows = agents.map(({ id, name, truly, belief }) => [
    name,
    percent(belief.declared),
    `${belief.rightAnswers} of ${belief.answers}`,
    percent(belief.believed),
    percent(truly),
    percent(shareOf(first, id)),
    percent(shareOf(second, id)),
  ]);
  const widths = heads.map((head, at) => Math.max(head.length, ...rows.map((row) => row[at]!.length)));
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at]!)).join('  ');
  console.log(['', line(heads), ...rows.map(line), ''].join('\n'));
  console.log(`Wrong lines: ${first.wrong.length} in the first pass, ${second.wrong.length} in the second.`);
  console.log(`Why dan gets nothing now: ${refusal}.\n`);
}

interface Check {
  readonly what: string;
  readonly holds: boolean;
}

/** @param lost the task whose agent was killed; @param ids of the agents, by name. */
export function checksOf(story: Story & { lost: string; ids: ReadonlyMap<string, string> }): Check[] {
  const { first, second, refusal, lost, ids } = story;
  const dan = story.agents.find(({ name }) => name === 'dan')!;
  const chunk = second.chunks.find(({ taskId }) => taskId === lost);
  return [
    check('both passes gave every line, in order', first.misplaced + second.misplaced === 0),
    check('believed, dan got work', shareOf(first, dan.id) > 0),
    check(
      `every wrong line of the first pass is dan’s`,
      first.wrong.length > 0 && first.wrong.every((line) => doerOf(first, line) === dan.id),
    ),
    check('dan was found out: believed below what is asked for', dan.belief.believed < wanted.minProficiency),
    check('known, dan got none', shareOf(second, dan.id) === 0 && refusal.startsWith('proficiency of')),
    check('what bob had in hand when he was killed was done by somebody else', isRedone(chunk, ids.get('bob')!)),
    check('the second pass is, line by line, what the direct computation gives', second.wrong.length === 0),
  ];
}

function check(what: string, holds: boolean): Check {
  return { what, holds };
}

function isRedone(chunk: Chunk | undefined, killed: string): boolean {
  return chunk !== undefined && chunk.attempt > 1 && chunk.agentId !== killed;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
