/** What is in the files of the home folder, byte by byte, and who can read it afterwards. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Task } from '@reeve/hub/api';
import { connectAgent } from '@reeve/sdk';
import { HubHome } from '../faults/system/hub-process.ts';
import { needs } from '../house/needs.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A value that is in no file by chance. */
function canary(): string {
  return `canary-${randomBytes(12).toString('hex')}`;
}

/** Names of the files of a home that hold a text, in clear or in base64. */
function filesWith(home: HubHome, text: string): string[] {
  const forms = [Buffer.from(text), ...base64Forms(text)];
  const files = readdirSync(home.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(home.folder, name)).isFile(),
  );
  return files.filter((name) => {
    const bytes = readFileSync(join(home.folder, name));
    return forms.some((form) => bytes.includes(form));
  });
}

/** What of a text is the same in base64, whatever stands before it: at each of the three alignments. */
function base64Forms(text: string): Buffer[] {
  return [0, 1, 2].map((shift) =>
    Buffer.from(
      Buffer.from('x'.repeat(shift) + text)
        .toString('base64')
        .slice(4, -4),
    ),
  );
}

async function startAgent(home: HubHome): Promise<AsyncDisposable> {
  const agent = await connectAgent({
    url: home.url,
    apiKey: home.keys.apiKey,
    log: quiet,
    offer: { name: 'mirror', slots: 2, capabilities: [{ name: 'mirror', proficiency: 1 }] },
    handler: async (input) => {
      const { say, fail } = input as { say?: string; fail?: string };
      if (fail !== undefined) throw Object.assign(new Error(fail), { retryable: false });
      return { said: say };
    },
  });
  return { [Symbol.asyncDispose]: () => agent.stop({ drain: false }) };
}

async function run(home: HubHome, input: object): Promise<Task> {
  const body = { requires: [{ name: 'mirror' }], input, maxAttempts: 1 };
  const created = await home.api.send<Task>('POST', '/v1/tasks', body, {
    idempotencyKey: randomBytes(8).toString('hex'),
  });
  expect(created.status).toBe(201);
  return home.api.get<Task>(`/v1/tasks/${created.body.id}?waitMs=15000`);
}

test('[FD-05 canary secrets tasks] [FD-03 canary] what tasks, keys and settings hold is in no file and no log', async () => {
  const [input, failure, setting] = [canary(), canary(), canary()];
  await using home = await HubHome.create({ settings: { NODE_BACKEND_API_KEY: setting, LOG_LEVEL: 'debug' } });
  const hub = await home.start();
  await using _ = await startAgent(home);
  const said = await run(home, { say: input });
  expect(said).toMatchObject({ state: 'succeeded', input: { say: input }, output: { said: input } });
  expect(await run(home, { fail: failure })).toMatchObject({ state: 'dead', error: { message: failure } });
  const { ownerKey } = home.keys;
  await hub.kill(); // so that the write-ahead log is left as it was
  expect(readdirSync(home.folder)).toContain('reeve.db-wal');
  for (const text of [input, failure, setting]) {
    expect(filesWith(home, text)).toEqual([]);
    expect(hub.output).not.toContain(text);
  }
  expect(filesWith(home, ownerKey.slice(16))).toEqual(['dev.json']);
  expect(hub.output).not.toContain(ownerKey.slice(16));
});

/** Sends bytes as they are. */
async function post(home: HubHome, path: string, type: string, body: string): Promise<string> {
  const headers = { authorization: `Bearer ${home.keys.ownerKey}`, 'content-type': type };
  const answer = await fetch(home.url + path, { method: 'POST', headers, body });
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  return text;
}

test('[FD-05 canary tasks] nor is what comes in as a stream of lines, as a blob, or as the items of a map', async () => {
  const [line, blob, item, shared] = [canary(), canary(), canary(), canary()];
  await using home = await HubHome.create({ settings: { LOG_LEVEL: 'debug' } });
  const hub = await home.start();
  await using _ = await startAgent(home);
  const task = { requires: [{ name: 'mirror' }], input: { say: line } };
  const taken = await post(home, '/v1/tasks/stream', 'application/x-ndjson', `${JSON.stringify(task)}\n`);
  const { id } = JSON.parse(taken.split('\n')[0]!) as { id: string };
  expect(await home.api.get<Task>(`/v1/tasks/${id}?waitMs=15000`)).toMatchObject({ output: { said: line } });
  await post(home, '/v1/blobs', 'application/octet-stream', blob.repeat(1_000));
  const map = { requires: [{ name: 'mirror' }], items: [{ say: item }], shared };
  expect((await home.api.send('POST', '/v1/maps', map)).status).toBe(201);
  await hub.kill();
  for (const text of [line, blob, item, shared]) {
    expect(filesWith(home, text)).toEqual([]);
    expect(hub.output).not.toContain(text);
  }
});

/** Several starts, on a machine that may be busy. */
const patience = { timeout: 60_000 };

interface Status {
  readonly keys: ReadonlyArray<{ readonly id: string; readonly role: string }>;
  readonly rotation?: { readonly state: string; readonly resealed: number };
}

test(
  '[FD-05 rotation tasks] keys are made once; a new one comes first, everything is sealed under it, the old one goes',
  patience,
  async () => {
    const value = canary();
    await using home = await HubHome.create();
    const path = join(home.folder, 'encryption.keys');
    const first = await home.start();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const body = { requires: [{ name: 'nobody' }], allowUnknown: true, input: { value } };
    const { id } = await home.api.post<Task>('/v1/tasks', body);
    await first.kill();
    const [old, fresh] = [readFileSync(path, 'utf8'), `k2:${randomBytes(32).toString('base64')}\n`];
    writeFileSync(path, fresh + old);
    const second = await home.start();
    expect(readFileSync(path, 'utf8')).toBe(fresh + old);
    expect(await rolesOf(home)).toEqual({ k1: 'needed', k2: 'active' });
    expect((await home.api.send('POST', '/v1/encryption/rotate', {})).status).toBe(202);
    await expect.poll(async () => (await home.api.get<Status>('/v1/encryption')).rotation?.state).toBe('done');
    expect(await rolesOf(home)).toEqual({ k1: 'droppable', k2: 'active' });
    await second.kill();
    writeFileSync(path, fresh);
    await home.start();
    expect(await home.api.get<Task>(`/v1/tasks/${id}`)).toMatchObject({ input: { value } });
  },
);

test(
  '[FD-05 rotation] a hub killed while it seals anew goes on after its start, and leaves nothing under the old key',
  { ...needs('minutes'), ...patience },
  async () => {
    const value = canary();
    await using home = await HubHome.create();
    const first = await home.start();
    const task = { requires: [{ name: 'nobody' }], allowUnknown: true, input: { value } };
    const tasks = Array.from({ length: 1_000 }, () => task);
    for (let batch = 0; batch < 8; batch++) await home.api.post('/v1/tasks/batch', { tasks });
    await first.kill();
    const path = join(home.folder, 'encryption.keys');
    const fresh = `k2:${randomBytes(32).toString('base64')}\n`;
    writeFileSync(path, fresh + readFileSync(path, 'utf8'));
    const second = await home.start();
    await home.api.post('/v1/encryption/rotate', {});
    const resealed = async (): Promise<number> => (await home.api.get<Status>('/v1/encryption')).rotation!.resealed;
    await expect.poll(resealed, { interval: 1 }).toBeGreaterThan(0);
    await second.kill();
    expect(rotationIn(home)).toMatchObject({ state: 'running' });
    const third = await home.start();
    await expect.poll(async () => rotationIn(home)?.state, { timeout: 20_000 }).toBe('done');
    expect(rotationIn(home)).toMatchObject({ resealed: 8_000 });
    await third.kill();
    writeFileSync(path, fresh);
    await home.start();
    const page = await home.api.get<{ items: Array<{ id: string }> }>('/v1/tasks?limit=1');
    expect(await home.api.get<Task>(`/v1/tasks/${page.items[0]!.id}`)).toMatchObject({ input: { value } });
  },
);

/** The newest rotation in the record. */
function rotationIn(home: HubHome): { readonly state: string; readonly resealed: number } | undefined {
  const database = new DatabaseSync(join(home.folder, 'reeve.db'), { readOnly: true });
  try {
    const row = database.prepare('SELECT state, resealed FROM encryption_rotations ORDER BY started_at_ms DESC').get();
    return row as { state: string; resealed: number } | undefined;
  } finally {
    database.close();
  }
}

async function rolesOf(home: HubHome): Promise<Record<string, string>> {
  const { keys } = await home.api.get<Status>('/v1/encryption');
  return Object.fromEntries(keys.map(({ id, role }) => [id, role]));
}

test('[FD-05 secrets] [FD-03 production] production does not start without its own keys', async () => {
  await using home = await HubHome.create({ settings: { ENV: 'production' } });
  const hub = home.spawn();
  expect((await hub.exited).code).toBe(2);
  expect(hub.output).toContain('encryption.keys');
  expect(readdirSync(home.folder)).toEqual([]);
});
