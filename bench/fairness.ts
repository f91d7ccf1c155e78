/**
 * One tenant floods a hub with critical work, a hundred times what each of the others has; how evenly are slots shared
 * while all have work? Jain's index over the tasks that each tenant got until the first of the others was done: 1 is even,
 * 1/n means that one has it all. The floor is what first come, first served would give.
 *
 *     npm run bench -- fairness [--rounds 7] [--tasks 200]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectAgent, createClient } from '@reeve/sdk';
import { newHome, startHub, type RunningHub } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, type Contestant } from './harness/rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, tasks: { type: 'string', default: '200' } },
});
const each = Number(values.tasks);
const flood = 100 * each;
const quiet = ['quiet-1', 'quiet-2', 'quiet-3', 'quiet-4'];
const slots = 16;
const batchSize = 1_000;

type Submit = (tenant: string, priority: 'critical' | 'low', count: number) => Promise<void>;

async function submitter({ url }: RunningHub, ownerKey: string): Promise<Submit> {
  const owner = createClient({ url, apiKey: ownerKey });
  const keys = new Map<string, string>();
  for (const tenant of ['flood', ...quiet]) {
    const key = await owner.keys.create({ name: tenant, permissions: ['tasks:*'], tenant });
    keys.set(tenant, key.apiKey!);
  }
  return async (tenant, priority, count) => {
    const client = createClient({ url, apiKey: keys.get(tenant)! });
    const task = { requires: [{ name: 'bench.fair' }], allowUnknown: true, input: tenant, priority };
    for (let left = count; left > 0; left -= batchSize)
      await client.tasks.createBatch({ tasks: Array.from({ length: Math.min(left, batchSize) }, () => task) });
  };
}

/** Serves everything that waits; answers what each tenant got until the first of the quiet ones was done. */
async function serve({ url, apiKey }: RunningHub): Promise<Map<string, number>> {
  const got = new Map<string, number>();
  const over = Promise.withResolvers<Map<string, number>>();
  const agent = await connectAgent({
    url,
    apiKey,
    offer: { name: 'fair', capabilities: [{ name: 'bench.fair' }], slots },
    handler: async (input) => {
      const tenant = input as string;
      got.set(tenant, (got.get(tenant) ?? 0) + 1);
      if (tenant !== 'flood' && got.get(tenant) === each) over.resolve(new Map(got));
    },
  });
  const counted = await over.promise;
  await agent.stop();
  return counted;
}

function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  return sum ** 2 / (shares.length * shares.reduce((total, share) => total + share ** 2, 0));
}

const reeve: Contestant = {
  name: 'reeve',
  about: `five tenants of weight 1, one of them with ${flood} critical tasks, the others with ${each} low ones each; one agent, ${slots} slots`,
  async measure() {
    using home = newHome();
    const hub = await startHub({ REEVE_HOME: home.path });
    const { ownerKey } = JSON.parse(readFileSync(join(home.path, 'dev.json'), 'utf8')) as { ownerKey: string };
    const submit = await submitter(hub, ownerKey);
    await submit('flood', 'critical', flood);
    for (const tenant of quiet) await submit(tenant, 'low', each);
    const got = await serve(hub);
    await hub.stop();
    return { jainIndex: jain(['flood', ...quiet].map((tenant) => got.get(tenant) ?? 0)) };
  },
};

const firstCome: Contestant = {
  name: 'first come, first served (floor)',
  about: 'reckoned: the flood came first',
  measure: async () => ({ jainIndex: jain([flood, ...quiet.map(() => 0)]) }),
};

writeResult('fairness', { fairness: await measureRounds([firstCome, reeve], Number(values.rounds)) });
