/** Backends that fail and nodes that die: before the first byte the client notices nothing, after it an error. */
import { APIError } from 'openai';
import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackendSimulator, type Behaviour, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startLocalNode, startNode, type TestHub } from './system.ts';

/** Short, so that a dead node is noticed within the time of a test. */
const leaseTtlMs = 2_000;

let hub: TestHub;
let client: OpenAI;

beforeAll(async () => {
  hub = await startHub({
    REEVE_HUB_LEASE_TTL_MS: String(leaseTtlMs),
    REEVE_HUB_HEARTBEAT_MS: '200',
    // A pause between attempts that no test outlasts: what is answered went to another node at once.
    REEVE_HUB_RETRY_INITIAL_DELAY_MS: '60000',
    REEVE_HUB_RETRY_MAX_DELAY_MS: '60000',
  });
  client = openAi(hub);
});
afterAll(() => hub[Symbol.asyncDispose]());

/** A model with a backend of its own for each of its nodes. */
class Model {
  readonly request: { model: string; messages: { role: 'user'; content: string }[] };

  constructor(name: string) {
    this.request = { model: name, messages: [{ role: 'user', content: 'hello' }] };
  }

  backend(behaviour: Partial<Behaviour> = {}): Promise<BackendSimulator> {
    return startBackendSimulator({ models: [this.request.model], behaviour });
  }

  stream() {
    return client.chat.completions.create({ ...this.request, stream: true });
  }

  readonly streamed = async (): Promise<string> => {
    let said = '';
    for await (const { choices } of await this.stream()) said += choices[0]?.delta.content ?? '';
    return said;
  };

  readonly whole = async (): Promise<string> => {
    return (await client.chat.completions.create(this.request)).choices[0]!.message.content!;
  };
}

const text = 'Hello from the simulated backend – grüß dich';

describe('a backend that fails', () => {
  const model = new Model('sim-small');
  let backends: BackendSimulator[];
  let nodes: AsyncDisposable[];
  beforeAll(async () => {
    backends = [await model.backend(), await model.backend()];
    nodes = await Promise.all(backends.map(({ url }, at) => startLocalNode(hub, url, { name: `node-${at}` })));
  });
  afterAll(async () => {
    for (const part of [...nodes, ...backends]) await part[Symbol.asyncDispose]();
  });
  const askedSoFar = (): number => backends.reduce((sum, { stats }) => sum + stats.chats, 0);

  const faults = ['server-error', 'rate-limited', 'wrong-content-type', 'end-mid-stream'] as const;
  test.each(faults)('[MK-03 fail-over] (%s) before its first chunk is passed over', async (fault) => {
    for (const broken of [0, 1]) {
      // Of an answer that is not streamed, `end-mid-stream` shows nothing.
      for (const ask of fault === 'end-mid-stream' ? [model.streamed] : [model.streamed, model.whole]) {
        await leadTo(broken);
        backends[broken]!.behave({ fault, faultAfter: -1 });
        const before = askedSoFar();
        expect(await ask()).toBe(text);
        expect(askedSoFar()).toBe(before + 2);
      }
    }
  });

  /** The conversation of the model goes to this node next, because it had it last. */
  async function leadTo(node: number): Promise<void> {
    for (const backend of backends) backend.behave({});
    await client.post('/chat/completions', { body: { ...model.request, reeve: { nodes: [`node-${node}`] } } });
  }

  test('[FD-02 permanent] with a refusal: another is not asked', async () => {
    for (const backend of backends) backend.behave({ refuseWith: 400 });
    const before = askedSoFar();
    await expect(model.whole()).rejects.toThrow('The backend does not want this');
    expect(askedSoFar()).toBe(before + 1);
  });
});

describe.concurrent('a node that dies', () => {
  const kinds = ['streamed', 'whole'] as const;
  test.each(kinds)(
    '[MK-03 fail-over] before the first byte (%s): another takes over, the client notices nothing',
    async (kind) => {
      const model = new Model(`dies-${kind}`);
      await using silent = await model.backend({ fault: 'stall-first-byte' });
      await using good = await model.backend();
      await using dying = await startNode(hub, silent.url, { name: `dying-${kind}` });
      const asked = silent.next('request');
      const answer = model[kind]();
      await asked;
      await using _ = await startLocalNode(hub, good.url, { name: `good-${kind}` });
      await dying.killNow();
      expect(await answer).toBe(text);
    },
  );

  test('[LD-07] in mid-stream: an explicit error within the time of a lease, and never an end', async () => {
    const model = new Model('dies-in-mid-stream');
    await using backend = await model.backend({ tokens: 100_000, intervalMs: 5 });
    await using other = await model.backend();
    await using dying = await startNode(hub, backend.url, { name: 'dies-in-mid-stream' });
    const stream = await model.stream();
    await using _ = await startLocalNode(hub, other.url, { name: 'not-asked' });
    let chunks = 0;
    let killedAtMs = 0;
    const read = async (): Promise<void> => {
      for await (const _chunk of stream) {
        if (++chunks !== 3) continue;
        await dying.killNow();
        killedAtMs = performance.now();
      }
    };
    await expect(read()).rejects.toMatchObject({ code: 'node_lost', type: 'server_error' });
    // The rest is for the sweep, the commit, and a busy machine; the answer would take 500 s.
    expect(performance.now() - killedAtMs).toBeLessThan(leaseTtlMs + 10_000);
    expect(chunks).toBeGreaterThanOrEqual(3);
    expect(other.stats.chats).toBe(0);
  });

  test('[LD-03 stream] one that was only away cannot go on with a stream that was given up', async () => {
    const model = new Model('only-away');
    await using backend = await model.backend({ tokens: 100_000, intervalMs: 5 });
    await using node = await startNode(hub, backend.url, { name: 'only-away' });
    const aborted = backend.next('abort');
    const stream = await model.stream();
    const read = async (): Promise<void> => {
      let seen = 0;
      for await (const _ of stream) if (++seen === 1) process.kill(node.pid, 'SIGSTOP');
    };
    await expect(read()).rejects.toMatchObject({ code: 'node_lost' });
    process.kill(node.pid, 'SIGCONT');
    // It is told that the lease is gone, and stops its backend.
    await aborted;
  });
});

test('[MK-02 chat] a model whose nodes are away is unavailable, with Retry-After', async () => {
  const model = new Model('gone');
  await using backend = await model.backend();
  const node = await startNode(hub, backend.url, { name: 'gone' });
  expect(await node.stop()).toBe(0);
  const error: unknown = await model.whole().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status: 503, code: 'model_unavailable', type: 'server_error' });
  expect((error as APIError).headers!.get('retry-after')).toBe('1');
  expect((await client.models.list()).data.map(({ id }) => id)).not.toContain('gone');
});
