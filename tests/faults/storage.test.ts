import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { needs } from '../house/needs.ts';
import { AgentProcesses } from './system/agent-process.ts';
import type { Answer } from './system/api.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';
import { SmallDisk } from './system/small-disk.ts';
import { allEvents, allTasks, liveTasks } from './system/tasks.ts';

type Problem = { readonly code: string; readonly detail: string; readonly id: string };

/** A trouble of the storage that begins and ends while the hub runs. */
interface Trouble {
  begin(): void;
  end(): void;
  /** What people are told. */
  readonly words: RegExp;
}

function submit(home: HubHome, number: number, runMs: number): Promise<Answer<Problem>> {
  // With some weight: room that a log file still has is used up soon.
  const input = { number, runMs, ballast: 'x'.repeat(20_000) };
  return home.api.send<Problem>('POST', '/v1/tasks', { requires: [{ name: 'act' }], input });
}

/** Submits until it is refused. @returns ids of those that were acknowledged, and the refusal. */
async function submitUntilRefused(home: HubHome): Promise<{ ids: string[]; refusal: Answer<Problem> }> {
  const ids: string[] = [];
  for (let number = 0; number < 2_000; number++) {
    const answer = await submit(home, number, 0);
    if (answer.status !== 201) return { ids, refusal: answer };
    ids.push(answer.body.id);
  }
  throw new Error('nothing was ever refused');
}

async function readiness(home: HubHome): Promise<{ status: number; text: string }> {
  const response = await fetch(`${home.url}/health/ready`);
  return { status: response.status, text: await response.text() };
}

/** What must hold whatever the trouble is. */
async function survive(home: HubHome, trouble: Trouble): Promise<void> {
  const hub = await home.start();
  await using agents = new AgentProcesses(home);
  await agents.start({ name: 'worker', slots: 30, capabilities: ['act'] });
  // At work when the trouble begins, and done while it lasts: results that have to be kept.
  const atWork = await Promise.all(Array.from({ length: 8 }, (_, number) => submit(home, number, 1_500)));
  expect(new Set(atWork.map(({ status }) => status))).toEqual(new Set([201]));
  const leasedIds = atWork.map(({ body }) => body.id);
  await eventually('all are at work', async () => {
    const tasks = await Promise.all(leasedIds.map((id) => home.api.get<Task>(`/v1/tasks/${id}`)));
    return tasks.every(({ state }) => state === 'leased') || undefined;
  });

  trouble.begin();
  const { ids, refusal } = await submitUntilRefused(home);
  expect(refusal).toMatchObject({ status: 503, body: { code: 'storage_unavailable' } });
  expect(refusal.body.detail).toMatch(trouble.words);
  expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
  const { status, text } = await readiness(home);
  expect({ status, says: trouble.words.test(text) }, text).toEqual({ status: 503, says: true });
  expect((await fetch(`${home.url}/health/live`)).status, 'it lives').toBe(200);
  expect((await home.api.send('GET', `/v1/tasks/${leasedIds[0]}`)).status, 'it can be read').toBe(200);
  await eventually('the agent has come to the end of its work', () => {
    const done = agents.journal().filter(({ what }) => what === 'succeeded');
    return leasedIds.every((id) => done.some(({ taskId }) => taskId === id)) || undefined;
  });
  await pause(300);

  trouble.end();
  await eventually(
    'it is ready again by itself',
    async () => ((await readiness(home)).status === 200 ? true : undefined),
    {
      withinMs: 15_000,
    },
  );
  expect((await submit(home, 0, 0)).status).toBe(201);
  await eventually('everything is done', async () => ((await liveTasks(home.api)) === 0 ? true : undefined), {
    withinMs: 20_000,
  });
  expect(hub.exit, 'it never ended').toBeUndefined();

  const tasks = new Map((await allTasks(home.api)).map((task) => [task.id, task]));
  for (const id of [...leasedIds, ...ids]) expect(tasks.get(id)?.state).toBe('succeeded');
  for (const id of leasedIds) expect(tasks.get(id)?.attempt, 'the result was kept, not made again').toBe(1);
  const successes = (await allEvents(home.api)).filter(({ type }) => type === 'task.succeeded');
  expect(new Set(successes.map(({ subject }) => subject)).size).toBe(successes.length);
  expect(await home.api.get('/v1/audit/verify')).toMatchObject({ ok: true });
}

describe('storage that fails for a while', () => {
  test('[HB-08] [FD-08 ready] locked by another process: refused clearly, nothing is lost, recovers by itself', async () => {
    await using home = await HubHome.create();
    let other: DatabaseSync | undefined;
    await survive(home, {
      words: /locked/,
      begin() {
        other = new DatabaseSync(join(home.folder, 'reeve.db'), { timeout: 5_000 });
        other.exec('BEGIN EXCLUSIVE');
      },
      end: () => other!.close(),
    });
  }, 60_000);

  test(
    '[HB-08] [FD-08 ready] a full disk: refused clearly, nothing is lost, recovers by itself',
    { ...needs('tmpfs'), timeout: 60_000 },
    async () => {
      using disk = new SmallDisk(16);
      await using home = await HubHome.create({}, join(disk.folder, 'home'));
      await survive(home, { words: /full/, begin: () => disk.fill(), end: () => disk.free() });
    },
  );
});

test(
  '[HB-08] a disk that runs full under a blob: refused clearly, its space is given back, and everything goes on',
  { ...needs('tmpfs'), timeout: 60_000 },
  async () => {
    using disk = new SmallDisk(16);
    await using home = await HubHome.create({}, join(disk.folder, 'home'));
    const hub = await home.start();
    const put = (sizeBytes: number) =>
      fetch(`${home.url}/v1/blobs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${home.keys.ownerKey}`, 'content-type': 'application/octet-stream' },
        body: new Uint8Array(sizeBytes).fill(7),
      });
    const blobs = join(home.folder, 'blobs');
    for (let time = 0; time < 2; time++) {
      const refused = await put(20 * 1024 * 1024);
      expect(refused.status).toBe(503);
      expect(await refused.json()).toMatchObject({
        code: 'storage_unavailable',
        detail: expect.stringContaining('ENOSPC'),
      });
      expect(readdirSync(blobs)).toEqual([]);
    }
    expect((await put(1024 * 1024)).status).toBe(200);
    expect(readdirSync(blobs)).toHaveLength(1);
    await eventually('it is ready', async () => ((await readiness(home)).status === 200 ? true : undefined));
    await home.api.post('/v1/tasks', { requires: [{ name: 'act' }], allowUnknown: true });
    expect(hub.exit, 'it never ended').toBeUndefined();
  },
);

describe('a home that cannot be written', () => {
  test.each(['new', 'used before'])('[FD-01 cause] is named: %s', needs('tmpfs'), async (age) => {
    using disk = new SmallDisk(16);
    await using home = await HubHome.create({}, join(disk.folder, 'home'));
    home.keep(); // it goes with the disk
    if (age === 'used before') {
      const hub = await home.start();
      hub.signal('SIGTERM');
      await hub.exited;
    }
    disk.makeReadOnly();
    const hub = home.spawn();
    const { code } = await hub.exited;
    expect(code).toBeGreaterThan(0);
    expect(hub.output).toContain(`reeve: ${home.folder}`);
    expect(hub.output).toMatch(/read-?only/);
    expect(hub.output).not.toMatch(/^\s+at .*\.ts/m);
  });
});
