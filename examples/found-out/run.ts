/** `npm run example -- found-out`: see README.md for what happens here and what to expect. */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@reeve/sdk';
import { readCorpus } from './corpus.ts';
import { isSame, ways, type WayName } from './measure.ts';
import { runPass, type Pass } from './pass.ts';
import { beliefIn, probe } from './probe.ts';
import { checksOf, printReport, refusalOf, type AgentFacts } from './report.ts';
import { System, type Hub, type Running } from '../system.ts';

/** Who takes part: what each says of itself, and how it really works. */
const cast = [
  { name: 'ada', declared: 0.95, way: 'carefully' },
  { name: 'bob', declared: 0.95, way: 'carefully' },
  { name: 'cyd', declared: 0.5, way: 'quickly' },
  { name: 'dan', declared: 1, way: 'pretending' },
] as const satisfies readonly { name: string; declared: number; way: WayName }[];
const victim = 'bob';
/** Killed at this chunk of the second pass: in the middle of its work. */
const lastChunkOfVictim = 3;

const { values } = parseArgs({ options: { lines: { type: 'string', default: '100000' } } });
const lines = readCorpus(lineCountOf(values.lines));
const right = lines.map(ways.carefully);
console.log(`${lines.length} lines of real text, to be measured by four agents.`);

await using system = new System();
const hub = await system.startHub();
const client = createClient(hub);
const running = await startAgents(system, hub);
const ids = await idsByName(client);
const { digest } = await client.blobs.put(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

console.log('First pass: agents are believed.');
const first = await runPass(client, digest, right);
console.log(`Lines with a known answer go to all of them.`);
await probe(client, lines, right, 160);
console.log(`Second pass: agents are known. ${victim} is killed on the way.`);
const [second, lost] = await Promise.all([runPass(client, digest, right), killAtWork(client)]);
const agents = await Promise.all(cast.map((each) => factsOf(each, first, second)));
const refusal = await refusalOf(client, second, ids.get('dan')!);
const story = { first, second, agents, refusal };
printReport(story);
const failed = checksOf({ ...story, lost, ids }).filter(({ holds, what }) => {
  console.log(`${holds ? '✓' : '✗'} ${what}`);
  return !holds;
});
if (failed.length > 0) process.exitCode = 1;

function lineCountOf(text: string): number {
  const count = Number(text);
  // Fewer are nearly all prose, about which cyd is right.
  if (Number.isInteger(count) && count >= 20_000 && count <= 1_000_000) return count;
  throw new Error(`--lines takes a number from 20000 to 1000000, not ${text}`);
}

async function startAgents(within: System, at: Hub): Promise<Map<string, Running>> {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
  const started = cast.map(async ({ name, declared, way }) => {
    const command = [process.execPath, worker, way];
    return [name, await within.startAgent(at, name, `text.measure=${declared}`, command)] as const;
  });
  return new Map(await Promise.all(started));
}

async function idsByName({ agents: { list } }: Client): Promise<Map<string, string>> {
  const { items } = await list();
  return new Map(items.map(({ name, id }) => [name, id]));
}

/** Kills an agent that has a chunk in hand, and gives the task of that chunk. */
async function killAtWork({ follow, tasks }: Client): Promise<string> {
  const [agentId, agent] = [ids.get(victim)!, running.get(victim)!];
  let leases = 0;
  for await (const { subject, data } of follow({ type: 'task.leased' })) {
    if ((data as { agentId: string }).agentId !== agentId || ++leases < lastChunkOfVictim) continue;
    const id = subject.slice('task:'.length);
    agent.signal('SIGSTOP'); // it can bring no result any more, unless one is on its way already
    const { state } = await tasks.show({ id, waitMs: 500 });
    agent.signal(state === 'leased' ? 'SIGKILL' : 'SIGCONT');
    if (state === 'leased') return id;
  }
  throw new Error('the events ended');
}

async function factsOf({ name, way }: (typeof cast)[number], before: Pass, after: Pass): Promise<AgentFacts> {
  const id = ids.get(name)!;
  const truly = lines.filter((line, number) => isSame(ways[way](line, number), right[number]!)).length / lines.length;
  return { id, name, truly, belief: await beliefIn(client, id), before, after };
}
