/**
 * The hub beside known queues, in turn, round after round: bulk, one by one from 64 clients, and pick-up on an idle
 * queue. Each does the same: a task is acknowledged, run by a worker in a process of its own, and completed in the
 * queue's own record. The peers and their services come from npm and the distribution; those that are missing are named.
 *
 *     npm run bench -- queues [--rounds 7] [--tasks 20000] [--only bulk,single,pickup] [--peers reeve,reeve-postgres,nats,graphile-worker,pg-boss,bullmq]
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { QueuePeer } from './peers/peer.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Figures, type Measurement } from './harness/rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    tasks: { type: 'string', default: '20000' },
    only: { type: 'string', default: 'bulk,single,pickup' },
    peers: { type: 'string', default: 'reeve,reeve-postgres,nats,graphile-worker,pg-boss,bullmq' },
  },
});
const rounds = Number(values.rounds);
const taskCount = Number(values.tasks);
const batchSize = 1_000;
const clients = 64;

/** Loaded only when wanted: what they import is installed below `bench/peers`, not with Reeve. */
const files: Readonly<Record<string, string>> = {
  reeve: './peers/reeve.ts',
  'reeve-postgres': './peers/reeve-postgres.ts',
  nats: './peers/queues/nats.ts',
  'graphile-worker': './peers/queues/graphile-worker.ts',
  'pg-boss': './peers/queues/pg-boss.ts',
  bullmq: './peers/queues/bullmq.ts',
};

function installPeers(): void {
  if (existsSync('bench/peers/node_modules')) return;
  process.stderr.write('installing the peers below bench/peers\n');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-workspaces'], { cwd: 'bench/peers', stdio: 'inherit' });
}

async function startPeers(): Promise<void> {
  for (const name of values.peers.split(',')) {
    const file = files[name];
    if (!file) throw new Error(`there is no peer ${name}; there are ${Object.keys(files).join(', ')}`);
    const { start } = (await import(file)) as { start(): Promise<QueuePeer> };
    peers.push(await start());
  }
}

function contest(peers: readonly QueuePeer[], measure: (peer: QueuePeer) => Promise<Figures>): Promise<Measurement> {
  const contestants = peers.map((peer): Contestant => ({
    name: peer.name,
    about: peer.about,
    measure: () => measure(peer),
  }));
  return measureRounds(contestants, rounds);
}

async function bulk(peer: QueuePeer): Promise<Figures> {
  return { tasksPerSecond: await throughput(peer, taskCount, 4, batchSize, () => peer.submitMany(batchSize)) };
}

async function single(peer: QueuePeer): Promise<Figures> {
  return { tasksPerSecond: await throughput(peer, Math.min(taskCount, 5_000), clients, 1, () => peer.submit()) };
}

/** Tasks per second from the first submission to the last completion. */
async function throughput(
  peer: QueuePeer,
  count: number,
  atOnce: number,
  each: number,
  submit: () => Promise<unknown>,
): Promise<number> {
  const startedMs = performance.now();
  const ran = peer.worker.ran(count);
  let left = count / each;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await submit();
    }),
  );
  await ran;
  await peer.settled();
  return (count * 1_000) / (performance.now() - startedMs);
}

/** From the call that submits to the worker having run it, by one clock that all processes share. */
async function pickUp(peer: QueuePeer): Promise<Figures> {
  const waitsMs: number[] = [];
  for (let index = 0; index < 100; index++) {
    const submittedNs = process.hrtime.bigint();
    const ran = peer.worker.ran(1);
    await peer.submit();
    waitsMs.push(Number((await ran) - submittedNs) / 1e6);
    await peer.settled();
  }
  return { p50Ms: quantileOf(waitsMs, 0.5), p99Ms: quantileOf(waitsMs, 0.99) };
}

installPeers();
const peers: QueuePeer[] = [];
const wanted = new Set(values.only.split(','));
const measurements: Record<string, Measurement> = {};
try {
  await startPeers();
  if (wanted.has('bulk')) measurements['bulk'] = await contest(peers, bulk);
  if (wanted.has('single')) measurements['oneByOne'] = await contest(peers, single);
  if (wanted.has('pickup')) measurements['pickUp'] = await contest(peers, pickUp);
} finally {
  for (const peer of peers) await peer.stop();
}
writeResult('queues', measurements);
