import { setTimeout as pause } from 'node:timers/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLifecycle, createLogger, loadSystemConfiguration } from '@reeve/platform';
import { serve } from '@reeve/server';
import type { ChatAct, ChatPiece } from '../faults/system/act.ts';
import { AgentProcesses } from '../faults/system/agent-process.ts';
import type { Keys } from '../faults/system/api.ts';
import { eventually } from '../faults/system/eventually.ts';
import { HubHome } from '../faults/system/hub-process.ts';
import { allEvents, allTasks, liveTasks } from '../faults/system/tasks.ts';

const capabilities = ['act', 'llm.chat:sim'];

/** A streamed chat: its pieces, and the last event if that is none. */
async function chat(
  { url, apiKey }: Keys,
  act: ChatAct,
): Promise<{ status: number; pieces: ChatPiece[]; end: string }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim', stream: true, messages: [{ role: 'user', content: JSON.stringify(act) }] }),
  });
  const text = await response.text().catch((error: unknown) => `data: the connection broke: ${String(error)}\n\n`);
  const sent = text.split('\n\n').filter((text) => text.startsWith('data: '));
  const data = sent.map((text) => text.slice('data: '.length));
  const isPiece = (text: string): boolean => text.startsWith('{') && 'index' in (JSON.parse(text) as object);
  const pieces = data.filter(isPiece).map((text) => JSON.parse(text) as ChatPiece);
  return { status: response.status, pieces, end: data.filter((text) => !isPiece(text)).join() };
}

function batchOf(count: number, runMs: number): { tasks: object[] } {
  const tasks = Array.from({ length: count }, (_, number) => ({
    requires: [{ name: 'act' }],
    input: { number, runMs },
  }));
  return { tasks };
}

describe('while tasks run and chats stream', () => {
  test('[FD-08 sigterm] [HB-08] SIGTERM lets streams end whole, exits with 0, and loses no task', async () => {
    await using home = await HubHome.create();
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    await agents.start({ name: 'worker', slots: 4, capabilities });
    // More chats than slots, and behind a queue of tasks: some have to wait until others are done.
    const chats = Array.from({ length: 6 }, () => chat(home.keys, { chunks: 20, gapMs: 25 }));
    const { ids } = await home.api.post<{ ids: string[] }>('/v1/tasks/batch', batchOf(30, 200));
    await eventually('some tasks are done', async () => ((await liveTasks(home.api)) < 34 ? true : undefined));

    hub.signal('SIGTERM');
    const stoppedAtMs = Date.now();
    expect(await hub.exited).toEqual({ code: 0, signal: null });
    for (const { status, pieces, end } of await Promise.all(chats)) {
      expect({ status, pieces: pieces.map(({ index }) => index), end }).toEqual({
        status: 200,
        pieces: Array.from({ length: 20 }, (_, index) => index),
        end: '[DONE]',
      });
    }

    const startedAtMs = Date.now();
    await home.start();
    await eventually('all tasks are done', async () => ((await liveTasks(home.api)) === 0 ? true : undefined), {
      withinMs: 15_000,
    });
    const tasks = (await allTasks(home.api)).filter(({ kind }) => kind === 'task');
    expect(tasks.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(new Set(tasks.map(({ attempt }) => attempt)), 'agents kept what they were at').toEqual(new Set([1]));
    const events = (await allEvents(home.api)).filter(({ subject }) => ids.some((id) => subject === `task:${id}`));
    const leasedAtMs = events.filter(({ type }) => type === 'task.leased').map(({ atMs }) => atMs);
    const whileStopping = leasedAtMs.filter((atMs) => atMs > stoppedAtMs + 250 && atMs < startedAtMs);
    expect(whileStopping, 'no new work is begun while it stops').toEqual([]);
  });

  test('[FD-08 sigterm] a stream longer than the grace ends with an error that says why, and the exit code is 0', async () => {
    await using home = await HubHome.create({ settings: { SHUTDOWN_GRACE_MS: '2000' } });
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    await agents.start({ name: 'worker', slots: 4, capabilities });
    const long = chat(home.keys, { chunks: 2_000, gapMs: 20 });
    await eventually('it streams', async () => ((await liveTasks(home.api)) === 1 ? true : undefined));
    const beganMs = performance.now();
    hub.signal('SIGTERM');
    const { pieces, end } = await long;
    expect(pieces.length).toBeGreaterThan(0);
    expect(JSON.parse(end)).toMatchObject({ error: { code: 'shutting_down' } });
    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - beganMs, 'within the grace, not the 40 s of the stream').toBeLessThan(20_000);
  });

  test('[FD-08 sigint] a second SIGINT ends at once', async () => {
    await using home = await HubHome.create();
    const hub = await home.start();
    await using agents = new AgentProcesses(home);
    await agents.start({ name: 'worker', slots: 1, capabilities });
    const long = chat(home.keys, { chunks: 2_000, gapMs: 20 }).catch(() => undefined);
    await eventually('it streams', async () => ((await liveTasks(home.api)) === 1 ? true : undefined));

    hub.signal('SIGINT');
    await eventually('it drains', () => hub.output.includes('"stopping"') || undefined);
    await pause(500); // sooner, it would count as the same wish
    expect(hub.exit, 'it waits for the stream').toBeUndefined();
    const beganMs = performance.now();
    hub.signal('SIGINT');
    expect(await hub.exited).toEqual({ code: 130, signal: null });
    expect(performance.now() - beganMs, 'not the 40 s of the stream').toBeLessThan(20_000);
    await long;
  });
});

test('[FD-08 sigterm] SIGTERM at any moment of the start ends the process in order and leaves a home that starts', async () => {
  await using home = await HubHome.create();
  for (const afterMs of [150, 300, 400, 500, 700]) {
    const hub = home.spawn();
    await pause(afterMs);
    hub.signal('SIGTERM');
    const { code, signal } = await hub.exited;
    // Before its first line of code runs, the system's own way applies: the signal ends it.
    expect(code === 0 || (signal === 'SIGTERM' && hub.output === ''), `${code} ${signal}\n${hub.output}`).toBe(true);
  }
  await home.start();
  expect(await home.api.get('/v1/status')).toMatchObject({ database: { writable: true } });
});

test('[FD-08 sigterm] a start that a stop overtakes writes nothing into a record that is closed already', async () => {
  const home = await mkdtemp(join(tmpdir(), 'reeve-overtaken-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const { value } = loadSystemConfiguration({ directory: home, files: [], flags: { home, port: 0 } });
  const log = createLogger({ level: 'error' });
  const lifecycle = createLifecycle({ graceMs: 5_000, log });
  let stopped: ReturnType<typeof lifecycle.stop> | undefined;
  const configuration = {
    ...value,
    // Asked for between two steps of the start, of which the second would look into the record as soon as it is stopped.
    get audit() {
      stopped = lifecycle.stop('SIGTERM');
      return value.audit;
    },
  };
  await expect(serve({ configuration, log, lifecycle })).rejects.toThrow('stopping: SIGTERM');
  expect(await stopped).toEqual([]);
});
