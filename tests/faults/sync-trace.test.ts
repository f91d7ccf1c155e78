import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { needs } from '../house/needs.ts';
import { AgentProcesses } from './system/agent-process.ts';
import { HubHome, type HubOptions } from './system/hub-process.ts';
import { Trace } from './system/trace.ts';

const calls = 'trace=read,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync';
/** A disk slower than any frame waits for company, so that what does not wait for it is seen to go out before. */
const slowDisk = 'inject=fsync,fdatasync:delay_enter=30000';
const unsynced = fileURLToPath(new URL('./system/unsynced-hub.ts', import.meta.url));
const count = 6;
const slow = { ...needs('strace'), timeout: 90_000 };

/** Runs a hub under strace, lets `work` use it, and returns what it did when it has ended. */
async function traced(options: HubOptions, work: (home: HubHome) => Promise<void>): Promise<Trace> {
  await using home = await HubHome.create({
    ...options,
    // No heartbeat in between: all that an agent sends is its results.
    settings: { HUB_HEARTBEAT_MS: '300000', HUB_LEASE_TTL_MS: '900000' },
  });
  const file = join(home.folder, 'trace');
  const under = [
    'strace',
    '-f',
    '-y',
    '-qq',
    '-s',
    '4000',
    '-e',
    calls,
    '-e',
    slowDisk,
    '-e',
    'signal=none',
    '-o',
    file,
  ];
  await using tracedHome = new HubHome(home.port, { ...home.options, under }, home.folder);
  tracedHome.keep();
  const hub = tracedHome.spawn();
  await tracedHome.ready(hub, 60_000);
  await work(home);
  hub.signal('SIGTERM');
  await hub.exited;
  return new Trace(readFileSync(file, 'utf8'));
}

/** Tasks that wait: nothing but their submission is written meanwhile. */
async function submitOneByOne({ api }: HubHome): Promise<void> {
  for (let number = 0; number < count; number++)
    await api.post('/v1/tasks', { requires: [{ name: 'later' }], allowUnknown: true, input: { number } });
}

/** Tasks that run, each to its end before the next; long enough that their lease has been written before. */
async function runOneByOne(home: HubHome): Promise<void> {
  await using agents = new AgentProcesses(home);
  await agents.start({ name: 'worker', slots: 1, capabilities: ['act'] });
  for (let number = 0; number < count; number++) {
    const body = { requires: [{ name: 'act' }], input: { number, runMs: 250 } };
    const { id } = await home.api.post<Task>('/v1/tasks', body);
    expect(await home.api.get<Task>(`/v1/tasks/${id}?waitMs=20000`)).toMatchObject({ state: 'succeeded' });
  }
}

describe('a trace of the system calls of a hub', () => {
  test('[HB-08 sync-trace] a task is on disk before it is answered with 201', slow, async () => {
    const told = (await traced({}, submitOneByOne)).createdAnswers();
    expect(told).toHaveLength(count);
    expect(told.filter(({ onDisk }) => !onDisk)).toEqual([]);
  });

  test('[HB-08 sync-trace] a result is on disk before the agent is told that it is accepted', slow, async () => {
    const told = (await traced({}, runOneByOne)).acceptedFrames();
    expect(told).toHaveLength(count);
    expect(told.filter(({ onDisk }) => !onDisk)).toEqual([]);
  });

  test('[HB-08 sync-off] with syncing switched off, neither check finds anything on disk', slow, async () => {
    const trace = await traced({ entry: unsynced }, runOneByOne);
    expect(trace.createdAnswers().map(({ onDisk }) => onDisk)).toEqual(Array.from({ length: count }, () => false));
    expect(trace.acceptedFrames().map(({ onDisk }) => onDisk)).toEqual(Array.from({ length: count }, () => false));
  });
});
