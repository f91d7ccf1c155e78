/** Nodes that die in the middle of an answer: where that is sound another goes on, and the client gets each token once. */
import { createClient } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackendSimulator, type Behaviour, type BackendSimulator } from '../../simulators/openai-backend.ts';
import type { SystemProcess } from './process.ts';
import { openAi, startHub, startNode, type TestHub } from './system.ts';

/** Long, so that nothing here waits for the end of a lease: what goes on does so as soon as the connection is gone. */
const leaseTtlMs = 60_000;

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub({ REEVE_HUB_LEASE_TTL_MS: String(leaseTtlMs) });
});
afterAll(() => hub[Symbol.asyncDispose]());

class Pair implements AsyncDisposable {
  readonly model: string;
  readonly #parts: { backend: BackendSimulator; node: SystemProcess; id: string }[] = [];

  constructor(model: string) {
    this.model = model;
  }

  async add(behaviour: Partial<Behaviour>, options: object = {}): Promise<this> {
    const backend = await startBackendSimulator({ models: [this.model], behaviour });
    const name = `${this.model}-${this.#parts.length}`;
    const node = await startNode(hub, backend.url, { name, probe: true, ...options });
    const { items } = await createClient({ url: hub.url, apiKey: await hub.keyWith('*') }).agents.list({ limit: 100 });
    this.#parts.push({ backend, node, id: items.find((agent) => agent.name === name)!.id });
    return this;
  }

  /** Asks, kills the node that answers after some chunks, and reads on. */
  async killedWithin(request: object, afterChunks = 5) {
    const messages = [{ role: 'user' as const, content: 'Say something.' }];
    const body = { model: this.model, messages, stream: true as const, ...request };
    const { data, response } = await openAi(hub).chat.completions.create(body).withResponse();
    const answering = this.#parts.find(({ id }) => id === response.headers.get('x-reeve-node'))!;
    const other = this.#parts.find((part) => part !== answering)!;
    const seen = { said: '', ids: new Set<string>(), finished: 0, gapMs: 0, other: other.backend };
    let chunks = 0;
    let killedAtMs = 0;
    for await (const { id, choices } of data) {
      if (killedAtMs > 0 && other.backend.stats.eventsWritten > 0 && seen.gapMs === 0)
        seen.gapMs = performance.now() - killedAtMs;
      seen.ids.add(id);
      seen.said += choices[0]?.delta.content ?? '';
      if (choices[0]?.finish_reason) seen.finished += 1;
      if (++chunks !== afterChunks) continue;
      killedAtMs = performance.now();
      await answering.node.killNow();
    }
    return seen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { backend, node } of this.#parts) {
      await node[Symbol.asyncDispose]();
      await backend[Symbol.asyncDispose]();
    }
  }
}

const numbers = Array.from({ length: 30 }, (_, at) => `word-${at}`).join(' ');
const slowly = { content: numbers, intervalMs: 15 };

test('[LD-07 replay] a greedy answer goes on after what was sent, without a token twice or lost', async () => {
  const behaviour = { ...slowly, continues: true };
  await using pair = await (await new Pair('replayed').add(behaviour)).add(behaviour);
  const { said, ids, finished, other, gapMs } = await pair.killedWithin({ temperature: 0, max_tokens: 100 });
  expect(said).toBe(numbers);
  expect({ ids: ids.size, finished }).toEqual({ ids: 1, finished: 1 });
  const { messages, max_tokens: left, ...more } = other.requests.at(-1)!.body as Record<string, unknown>;
  const given = (messages as { role: string; content: string }[]).at(-1)!;
  expect(given.role).toBe('assistant');
  expect(numbers.startsWith(given.content)).toBe(true);
  expect(left).toBe(100 - given.content.split(' ').length);
  expect(more).toMatchObject({ continue_final_message: true, add_generation_prompt: false });
  expect(gapMs, 'without waiting for the end of the lease').toBeLessThan(leaseTtlMs / 4);
  console.info(`resumed ${Math.round(gapMs)} ms after the node was killed`);
});

test('[LD-07 regenerate] a seeded answer is made again by the same weights, and what was sent is left out', async () => {
  const digests = { regenerated: 'sha256:1234' };
  await using pair = await (await new Pair('regenerated').add(slowly, { digests })).add(slowly, { digests });
  const { said, ids, finished, other } = await pair.killedWithin({ temperature: 0.7, seed: 7 });
  expect(said).toBe(numbers);
  expect({ ids: ids.size, finished }).toEqual({ ids: 1, finished: 1 });
  expect((other.requests.at(-1)!.body as { messages: unknown[] }).messages).toHaveLength(1);
});

test('[LD-07 error] weights that say something else end the answer with an error', async () => {
  const digests = { diverging: 'sha256:1234' };
  const other = { ...slowly, content: `other ${numbers}` };
  await using pair = await (await new Pair('diverging').add(slowly, { digests })).add(other, { digests });
  await expect(pair.killedWithin({ seed: 7 })).rejects.toMatchObject({ code: 'node_lost', type: 'server_error' });
});
