/** `npm run example -- three-nodes`: see README.md for what happens here and what to expect. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { exportReceipts } from '@reeve/market/api';
import { createClient, type Client } from '@reeve/sdk';
import { reeve, System, type Running } from '../system.ts';
import { accountOf, receiptsOf } from './accounts.ts';
import { cast, victim } from './cast.ts';
import { ask } from './load.ts';
import { ModelServer } from './model-server.ts';
import { checksOf, printReport } from './report.ts';

const model = 'proverbs';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '600' } } });
const requests = requestCountOf(values.requests);
console.log(`${requests} requests to one model on three nodes: by price, by speed, and as it comes.`);

await using system = new System();
await using servers = new AsyncDisposableStack();
const hub = await system.startHub();
const client = createClient(hub);
const running = new Map<string, Running>();
for (const { name, priceInput, priceOutput, msPerToken, reportedPerToken } of cast) {
  const server = servers.use(await ModelServer.start({ model, msPerToken, reportedPerToken }));
  const parameters = [
    '--backend',
    server.url,
    '--price',
    `${priceInput}/${priceOutput}`,
    '--no-benchmark',
    '--no-probe',
  ];
  running.set(name, await system.startNode(hub, name, parameters));
}
const { items: agents } = await client.agents.list();
const idOf = (wanted: string): string => agents.find(({ name }) => name === wanted)!.id;

const answers = await ask(hub, {
  model,
  requests,
  clients: 16, // as many as one node has room for
  onAnswer: (count) => {
    if (count !== Math.floor(requests / 2)) return;
    console.log(`Half of them are answered. ${victim} is killed.`);
    running.get(victim)!.signal('SIGKILL');
  },
});
const alive = cast.filter(({ name }) => name !== victim).map(({ name }) => idOf(name));
await receiptsOf(client, answers, alive);
const accounts = await Promise.all(cast.map((role) => accountOf(client, role, idOf(role.name), answers)));
const [evidence, changed] = [system.file('receipts.ndjson'), system.file('changed.ndjson')];
writeFileSync(evidence, await exported(client));
const digit = /(?<="completionTokens":)\d/;
writeFileSync(
  changed,
  readFileSync(evidence, 'utf8').replace(digit, (old) => `${(Number(old) + 1) % 10}`),
);
await system.end();
const [verified, changedVerified] = [await proves(evidence), await proves(changed)];
const story = { requests, accounts, verified, changedVerified };
printReport(story);
const failed = checksOf(story).filter(({ holds, what }) => {
  console.log(`${holds ? '✓' : '✗'} ${what}`);
  return !holds;
});
if (failed.length > 0) process.exitCode = 1;

function requestCountOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 100 && count <= 100_000) return count;
  throw new Error(`--requests takes a number from 100 to 100000, not ${text}`);
}

async function exported(from: Client): Promise<string> {
  let lines = '';
  for await (const receipt of from.paginate(exportReceipts, {})) lines += `${JSON.stringify(receipt)}\n`;
  return lines;
}

/** `reeve receipts verify FILE`, which needs nothing but the file. */
async function proves(file: string): Promise<boolean> {
  const child = spawn(process.execPath, [reeve, 'receipts', 'verify', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code === 0;
}
