/**
 * From the start of the process to ready, and to the first answer of the demo node; and the memory of the idle hub.
 *
 *     npm run bench -- start [--rounds 7]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { request } from 'undici';
import { residentBytesOf } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, type Figures } from './harness/rounds.ts';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
/** Long enough for what was allocated at the start to be collected. */
const settleMs = 3_000;

async function measure(): Promise<Figures> {
  const home = mkdtempSync(join(tmpdir(), 'reeve-start-'));
  const port = String(20_000 + Math.floor(Math.random() * 20_000));
  const startedMs = performance.now();
  // As `npm start` has it.
  const flags = ['--max-semi-space-size=8', '--conditions=reeve-source'];
  const cache = { NODE_COMPILE_CACHE: 'node_modules/.cache/node', MALLOC_ARENA_MAX: '2' };
  const hub = spawn(process.execPath, [...flags, 'packages/server/src/main.ts', 'up'], {
    env: { ...process.env, ...cache, REEVE_HOME: home, REEVE_PORT: port, REEVE_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await status(`${url}/health/ready`)) === 200);
  const readyMs = performance.now() - startedMs;
  const keys = join(home, 'dev.json');
  await until(async () => existsSync(keys));
  const { apiKey } = JSON.parse(readFileSync(keys, 'utf8')) as { apiKey: string };
  await until(async () => (await status(`${url}/v1/chat/completions`, apiKey)) === 200);
  const firstAnswerMs = performance.now() - startedMs;
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const idleMegabytes = residentBytesOf(hub.pid!) / 2 ** 20;
  hub.kill('SIGTERM');
  await once(hub, 'exit');
  rmSync(home, { recursive: true, force: true });
  return { readyMs, firstAnswerMs, idleMegabytes };
}

async function status(url: string, apiKey?: string): Promise<number> {
  const chat = { model: 'mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 };
  const post = {
    method: 'POST' as const,
    body: JSON.stringify(chat),
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
  };
  try {
    const answer = await request(url, apiKey === undefined ? {} : post);
    await answer.body.dump();
    return answer.statusCode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return 0;
    throw error;
  }
}

/** Looks again every few milliseconds: what is measured is a process of its own. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!(await reached())) {
    if (performance.now() > endMs) throw new Error('not reached within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const about = 'hub and demo node from source, new home; memory of the hub process 3 s after its first answer';
const start = await measureRounds([{ name: 'reeve', about, measure }], Number(values.rounds));
writeResult('start', { start });
