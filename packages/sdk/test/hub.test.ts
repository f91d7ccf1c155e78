/** The agent kit, the client and the documented protocol against a real hub in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../tests/house/needs.ts';
import { type Client, connectAgent, createClient, type Handler } from '../src/index.ts';
import { untilAborted } from './agent-harness.ts';
import { CutProxy } from './cut-proxy.ts';
import { HubProcess } from './hub-process.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let hub: HubProcess;
let reeve: Client;
const open: AsyncDisposable[] = [];

beforeAll(async () => {
  hub = await HubProcess.start();
  reeve = createClient({ ...hub.credentials, retry: { initialDelayMs: 100, maxAttempts: 8 } });
});
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing[Symbol.asyncDispose]();
});
afterAll(() => hub[Symbol.asyncDispose]());

async function agent(name: string, capability: string, handler: Handler, url = hub.credentials.url) {
  const offer = { name, capabilities: [{ name: capability }], slots: 4 };
  const { apiKey } = hub.credentials;
  const reconnect = { initialDelayMs: 20, maxDelayMs: 200 };
  const connection = await connectAgent({ url, apiKey, offer, handler, log: quiet, reconnect });
  open.push(connection);
  return connection;
}

describe('an agent of the kit', () => {
  test('gets tasks and gives results; the client sees each step', async () => {
    await agent('adder', 'sdk.add', async (input) => {
      const { a, b } = input as { a: number; b: number };
      return a + b;
    });
    const created = await reeve.tasks.create({ requires: [{ name: 'sdk.add' }], input: { a: 19, b: 23 } });
    const task = await reeve.tasks.show({ id: created.id, waitMs: 5_000 });
    expect(task).toMatchObject({ state: 'succeeded', output: 42, attempt: 1 });

    const seen: string[] = [];
    for await (const { type } of reeve.follow({ after: 0, subject: `task:${created.id}` })) {
      seen.push(type);
      if (type === 'task.succeeded') break;
    }
    expect(seen).toEqual(['task.submitted', 'task.leased', 'task.succeeded']);
  });

  test('a wrong key is refused for good', async () => {
    const offer = { name: 'x', capabilities: [{ name: 'x' }] };
    const apiKey = hub.credentials.apiKey.slice(0, -4) + 'AAAA';
    const { url } = hub.credentials;
    const connecting = connectAgent({ url, apiKey, offer, handler: async () => null, log: quiet });
    await expect(connecting).rejects.toMatchObject({ code: 'agent_refused' });
  });

  test('a task that fails is tried again, and its last error is kept', async () => {
    await agent('moody', 'sdk.moody', async (_, { attempt }) => {
      if (attempt < 3) throw new Error(`not in attempt ${attempt}`);
      return attempt;
    });
    const backoff = { initialDelayMs: 10 };
    const { id } = await reeve.tasks.create({ requires: [{ name: 'sdk.moody' }], backoff });
    const task = await reeve.tasks.show({ id, waitMs: 10_000 });
    expect(task).toMatchObject({ state: 'succeeded', output: 3, attempt: 3 });
  });

  test('a cancelled task reaches the signal of its handler', async () => {
    const aborted = Promise.withResolvers<unknown>();
    const begun = Promise.withResolvers<void>();
    await agent('patient', 'sdk.patient', (_, { signal }) => {
      begun.resolve();
      return untilAborted(signal).catch((reason: unknown) => aborted.resolve(reason));
    });
    const { id } = await reeve.tasks.create({ requires: [{ name: 'sdk.patient' }] });
    await begun.promise;
    await reeve.tasks.cancel({ id });
    expect(await aborted.promise).toMatchObject({ code: 'attempt_aborted' });
  });

  test('a stream goes on over cut connections: every piece once and in order', async () => {
    const proxy = await CutProxy.before(hub.credentials.url);
    open.push(proxy);
    const pieces = Array.from({ length: 400 }, (_, n) => `${n} `);
    const stream: Handler = async (_, { emit }) => {
      for (const [n, content] of pieces.entries()) {
        await emit(JSON.stringify({ choices: [{ index: 0, delta: { content } }] }));
        if (n % 10 === 0) await wait(2);
        if (n === 150 || n === 300) proxy.cut();
      }
      return { streamed: true, finishReason: 'stop', chunks: pieces.length };
    };
    await agent('streamer', 'llm.chat:cut', stream, proxy.url);
    let text = '';
    const request = { model: 'cut', messages: [{ role: 'user' as const, content: 'count' }] };
    for await (const { choices } of reeve.streamChat(request)) text += choices[0]?.delta?.content ?? '';
    expect(text).toBe(pieces.join(''));
  });

  test('[HB-08] work goes on when the hub is killed and comes back', async () => {
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await agent('steadfast', 'sdk.steadfast', async (_, { emit }) => {
      runs++;
      await emit('before');
      begun.resolve();
      await gate.promise;
      await emit('after');
      return 'kept';
    });
    const { id } = await reeve.tasks.create({ requires: [{ name: 'sdk.steadfast' }] });
    await begun.promise;
    // The lease is written behind its dispatch; one that is not in the record yet would be given once more.
    await expect.poll(async () => (await reeve.tasks.show({ id })).state).toBe('leased');
    await hub.killAndStart();
    gate.resolve();
    const task = await reeve.tasks.show({ id, waitMs: 10_000 });
    expect(task).toMatchObject({ state: 'succeeded', output: 'kept', attempt: 1 });
    expect(runs).toBe(1);
  });
});

describe('the agent in docs/reference/agent-protocol.md', () => {
  const page = readFileSync(resolve('docs/reference/agent-protocol.md'), 'utf8');

  function exampleAgent(): ChildProcess {
    const [, source] = /```js\n([\s\S]*?)```/.exec(page)!;
    const file = join(hub.home, 'agent.mjs');
    writeFileSync(file, source!);
    symlinkSync(resolve('node_modules'), join(hub.home, 'node_modules'));
    const { url, apiKey } = hub.credentials;
    const child = spawn(process.execPath, [file], {
      env: { ...process.env, REEVE_URL: url, REEVE_API_KEY: apiKey },
      stdio: ['ignore', 'inherit', 'ignore'],
    });
    open.push({
      [Symbol.asyncDispose]: async () => {
        const ended = once(child, 'exit');
        child.kill();
        await ended;
      },
    });
    return child;
  }

  async function count(text: string, name = 'text.count'): Promise<unknown> {
    const { id } = await reeve.tasks.create({ requires: [{ name }], input: text, allowUnknown: true });
    const { state, output } = await reeve.tasks.show({ id, waitMs: 10_000 });
    return { state, output };
  }

  test('[FD-13] runs as it stands there, also over a restart of the hub', async () => {
    const child = exampleAgent();
    expect(await count('to be or not to be')).toEqual({ state: 'succeeded', output: { words: 6 } });
    await hub.killAndStart();
    expect(await count('still here')).toEqual({ state: 'succeeded', output: { words: 2 } });
    expect(child.exitCode).toBeNull();
  });

  test('[FD-13] does its work with curl in a shell too', needs('curl'), async () => {
    const [, script] = /```sh\n([\s\S]*?)```/.exec(page)!;
    const { url, apiKey } = hub.credentials;
    const env = { ...process.env, REEVE_URL: url, REEVE_API_KEY: apiKey };
    const shell = spawn('sh', ['-c', script!], { env, detached: true, stdio: ['ignore', 'ignore', 'inherit'] });
    open.push({
      [Symbol.asyncDispose]: async () => {
        const ended = once(shell, 'exit');
        process.kill(-shell.pid!, 'SIGKILL'); // with the curl that waits
        await ended;
      },
    });
    for (const [text, words] of [
      ['to be or not to be', 6],
      ['again', 1],
    ] as const)
      expect(await count(text, 'shell.count')).toEqual({ state: 'succeeded', output: { words } });
  });

  test('is no longer than the page promises', () => {
    const [, source] = /```js\n([\s\S]*?)```/.exec(page)!;
    expect(
      source!
        .trim()
        .split('\n')
        .filter((line) => line.trim() !== '').length,
    ).toBeLessThanOrEqual(36);
  });
});
