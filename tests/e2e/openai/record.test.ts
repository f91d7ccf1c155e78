/** What the record holds of a chat, when, and what a crash can take away: durability `sync` and `group`. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { APIError } from 'openai';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startBackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startHubProcess, startLocalNode, type HubAddress } from './system.ts';
import { eventually } from './waiting.ts';

const hello = { model: 'sim-small', messages: [{ role: 'user' as const, content: 'hello' }] };
const text = 'Hello from the simulated backend – grüß dich';

/** Locks the database as another process would: nothing is committed until it is let go. */
function lockDatabase(home: string): () => void {
  const other = new DatabaseSync(join(home, 'reeve.db'), { timeout: 5_000 });
  other.exec('BEGIN IMMEDIATE');
  const letGo = (): void => {
    if (other.isOpen) other.close();
  };
  onTestFinished(letGo);
  return letGo;
}

interface Row {
  readonly id: string;
  readonly state: string;
  readonly output: string | null;
}

function rows(home: string): Row[] {
  const database = new DatabaseSync(join(home, 'reeve.db'), { readOnly: true });
  try {
    return database.prepare('SELECT id, state, output FROM tasks ORDER BY seq').all() as unknown as Row[];
  } finally {
    database.close();
  }
}

async function liveTasks(hub: HubAddress): Promise<number> {
  const response = await fetch(`${hub.url}/v1/status`, { headers: { authorization: `Bearer ${hub.apiKey}` } });
  const { tasks } = (await response.json()) as { tasks: { waiting: number; leased: number; delayed: number } };
  return tasks.waiting + tasks.leased + tasks.delayed;
}

describe('sync', () => {
  test('[HB-08] a request is in the record before the first byte of its answer, and its end soon after', async () => {
    await using backend = await startBackendSimulator();
    await using hub = await startHub({ REEVE_GATEWAY_DURABILITY: 'sync' });
    await using _ = await startLocalNode(hub, backend.url);
    const client = openAi(hub);
    for (const stream of [false, true]) {
      const letGo = lockDatabase(hub.home);
      const asked = backend.next('request');
      const answer = client.chat.completions.create({ ...hello, stream }).asResponse();
      await asked;
      expect(await Promise.race([answer.then(() => 'answered'), hasPassed(300)])).toBe('time');
      letGo();
      const { headers, body } = await answer;
      expect(rows(hub.home).length).toBe(stream ? 2 : 1);
      expect(headers.get('x-reeve-task')).toBe(rows(hub.home).at(-1)!.id);
      for await (const _ of body!) continue;
      const [recorded] = await eventually(
        () => rows(hub.home).slice(-1),
        ([row]) => row?.state === 'succeeded',
      );
      expect(recorded!.output).toMatch(/^e1\./);
    }
  });

  test('[HB-08 survives-kill] a hub killed in mid-stream: the client gets an error, the record says cancelled', async () => {
    await killInMidStream('sync');
  });
});

describe('group', () => {
  test('[MK-02 chat] an answer does not wait for the disk, and is in the record with the next commit', async () => {
    await using backend = await startBackendSimulator();
    await using hub = await startHub({ REEVE_GATEWAY_DURABILITY: 'group' });
    await using _ = await startLocalNode(hub, backend.url);
    const letGo = lockDatabase(hub.home);
    const { choices } = await openAi(hub).chat.completions.create(hello);
    expect(choices[0]!.message.content).toBe(text);
    expect(rows(hub.home)).toEqual([]);
    letGo();
    const recorded = await eventually(
      () => rows(hub.home),
      ([row]) => row?.state === 'succeeded',
    );
    expect(recorded).toHaveLength(1);
  });

  test('[HB-08] a request that cannot be recorded ends with an error, and leaves nothing behind', async () => {
    await using backend = await startBackendSimulator({ behaviour: { tokens: 100_000, intervalMs: 5 } });
    await using hub = await startHub({ REEVE_GATEWAY_DURABILITY: 'group' });
    await using _ = await startLocalNode(hub, backend.url);
    const aborted = backend.next('abort');
    const letGo = lockDatabase(hub.home);
    const read = async (): Promise<void> => {
      const stream = await openAi(hub).chat.completions.create({ ...hello, stream: true });
      for await (const chunk of stream) expect(chunk.object).toBe('chat.completion.chunk');
    };
    await expect(read()).rejects.toMatchObject({ code: 'storage_unavailable', type: 'server_error' });
    await aborted;
    expect(await liveTasks(hub)).toBe(0);
    letGo();
  });

  test('[HB-08 survives-kill] a hub killed in mid-stream: the client gets an error, the record no task without an end', async () => {
    await killInMidStream('group');
  });
});

/**
 * Kills a hub right after the first chunk. What was acknowledged as a result must be in the record after that; this
 * stream was not, and neither is anything left that waits for a client who has gone.
 */
async function killInMidStream(durability: 'sync' | 'group'): Promise<void> {
  await using backend = await startBackendSimulator();
  await using hub = await startHubProcess({ REEVE_GATEWAY_DURABILITY: durability });
  await using _ = await startLocalNode(hub, backend.url);
  const client = openAi(hub);
  await client.chat.completions.create(hello);
  await eventually(
    () => rows(hub.home),
    ([row]) => row?.state === 'succeeded',
  );
  backend.behave({ tokens: 100_000, intervalMs: 5 });
  const aborted = backend.next('abort');
  const stream = await client.chat.completions.create({ ...hello, stream: true });
  const read = async (): Promise<void> => {
    for await (const _chunk of stream) void hub.process.killNow();
  };
  const error: unknown = await read().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(APIError); // the connection broke; nobody was there to say why
  await using again = await startHubProcess({ REEVE_PORT: new URL(hub.url).port }, hub.home);
  // The node comes back by itself, learns that the lease is gone, and stops its backend.
  await aborted;
  const states = rows(hub.home).map(({ state }) => state);
  expect(states[0]).toBe('succeeded');
  expect(states.slice(1)).toEqual(durability === 'sync' ? ['cancelled'] : expect.toBeOneOf([[], ['cancelled']]));
  expect(await liveTasks(again)).toBe(0);
  backend.behave({});
  expect((await client.chat.completions.create(hello)).choices[0]!.message.content).toBe(text);
}

test('[FD-08] a hub that is stopped ends the streams it has, and takes no new ones', async () => {
  await using backend = await startBackendSimulator({ behaviour: { tokens: 120, intervalMs: 5 } });
  await using hub = await startHubProcess();
  await using _ = await startLocalNode(hub, backend.url);
  const client = openAi(hub);
  const stream = await client.chat.completions.create({ ...hello, stream: true });
  let finish: string | null = null;
  let ended: Promise<number | null> | undefined;
  for await (const { choices } of stream) {
    ended ??= hub.process.stop();
    finish = choices[0]?.finish_reason ?? finish;
  }
  expect(finish).toBe('stop');
  expect(await ended).toBe(0);
  expect(rows(hub.home).map(({ state }) => state)).toEqual(['succeeded']);
});

function hasPassed(ms: number): Promise<'time'> {
  return new Promise((resolve) => setTimeout(() => resolve('time'), ms));
}
