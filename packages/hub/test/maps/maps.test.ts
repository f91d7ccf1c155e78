import { uuidv7 } from '@reeve/kernel';
import { describe, expect, test } from 'vitest';
import { listMapChunks, type MapChunk, type MapResult } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { openLines } from '../kit/line-stream.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { eventually } from '../kit/waiting.ts';

const hub = sharedHub();
interface ChunkInput {
  readonly items: number[];
  readonly firstItem: number;
  readonly shared: unknown;
}

const numbers = (count: number) => Array.from({ length: count }, (_, item) => item);
const squares = async (input: unknown) => (input as ChunkInput).items.map((item) => item * item);
const offer = (capability: string, slots = 4) => ({
  offer: { name: capability, capabilities: [{ name: capability }], slots },
});

async function resultsOf(under: HubUnderTest, id: string, from = 0): Promise<MapResult[]> {
  const lines: MapResult[] = [];
  for await (const line of under.client.maps.results(id, { from })) lines.push(line);
  return lines;
}

describe('a map', () => {
  test('[HB-05 chunks] whose results are too large for their chunk says which setting helps, and with it succeeds', async () => {
    const large = async (input: unknown) => (input as ChunkInput).items.map(() => 'x'.repeat(1_000));
    await startAgent(hub(), large, offer('large'));
    const raw = await rawAgent(hub(), { name: 'raw-large', capabilities: [{ name: 'raw-large' }] });
    const wanted = { items: numbers(400), initialChunkItems: 400 };
    const made = await hub().client.tasks.map({ ...wanted, requires: [{ name: 'raw-large' }] });
    const lease = await raw.next('lease');
    raw.succeed(lease, await large(lease.input));
    const { id } = await hub().client.tasks.map({ ...wanted, requires: [{ name: 'large' }] });
    for (const lines of [await resultsOf(hub(), id), await resultsOf(hub(), made.id)])
      expect(lines[0]).toMatchObject({
        error: { message: expect.stringMatching(/bytes.*; its chunk had 400 items: set maxChunkItems to fewer$/) },
      });
    const smaller = { ...wanted, requires: [{ name: 'large' }], maxChunkItems: 200 };
    const lines = await resultsOf(hub(), (await hub().client.tasks.map(smaller)).id);
    expect(lines).toHaveLength(401);
    expect(lines.at(-1)).toEqual({ end: { state: 'succeeded', nextItem: 400 } });
  });

  test('[HB-05 ordered] gives the result of every item in order, from any item on, to any reader at any time', async () => {
    await startAgent(hub(), squares, offer('square'));
    const { id } = await hub().client.tasks.map({
      requires: [{ name: 'square' }],
      items: numbers(2_500),
      initialChunkItems: 100,
    });
    const live = await resultsOf(hub(), id);
    expect(live).toEqual([
      ...numbers(2_500).map((item) => ({ item, result: item * item })),
      { end: { state: 'succeeded', nextItem: 2_500 } },
    ]);
    expect(await resultsOf(hub(), id, 2_497)).toEqual(live.slice(2_497));
    expect(await resultsOf(hub(), id, 9_999)).toEqual([{ end: { state: 'succeeded', nextItem: 9_999 } }]);
  });

  test('[HB-05 chunks] begins with a thousand items per chunk; agents get them with their place and what is shared', async () => {
    const agent = await rawAgent(hub(), { name: 'look', capabilities: [{ name: 'look' }], slots: 2 });
    const { id } = await hub().client.tasks.map({
      requires: [{ name: 'look' }],
      items: numbers(1_300),
      shared: { by: 2 },
    });
    const [one, two] = [await agent.next('lease'), await agent.next('lease')];
    expect(one.input).toEqual({ items: numbers(1_000), firstItem: 0, shared: { by: 2 } });
    expect(two.input).toEqual({ items: numbers(1_300).slice(1_000), firstItem: 1_000, shared: { by: 2 } });
    agent.succeed(two, (two.input as ChunkInput).items);
    const stream = openLines(hub(), `/v1/maps/${id}/results`, 'GET');
    stream.end();
    await eventually(
      () => hub().client.maps.show({ id }),
      ({ items }) => items.done === 300,
    );
    agent.succeed(one, (one.input as ChunkInput).items);
    expect((await stream.rest()).map(({ item }) => item)).toEqual([...numbers(1_300), undefined]);
  });

  test('[HB-05 chunks] [FD-06 pagination] lists its chunks in order, with who had each', async () => {
    const agent = await startAgent(hub(), squares, offer('listed', 1));
    const { id } = await hub().client.tasks.map({
      requires: [{ name: 'listed' }],
      items: numbers(25),
      initialChunkItems: 5,
      maxChunkItems: 5,
    });
    await resultsOf(hub(), id);
    const chunks: MapChunk[] = [];
    for await (const chunk of hub().client.paginate(listMapChunks, { id, limit: 2 })) chunks.push(chunk);
    expect(chunks.map(({ firstItem }) => firstItem)).toEqual([0, 5, 10, 15, 20]);
    for (const chunk of chunks)
      expect(chunk).toMatchObject({ items: 5, state: 'succeeded', attempt: 1, agentId: agent.agentId });
    const refused = [hub().client.maps.chunks({ id, cursor: 'x' }), hub().client.maps.chunks({ id: uuidv7() })];
    await expect(refused[0]).rejects.toMatchObject({ code: 'malformed_request' });
    await expect(refused[1]).rejects.toMatchObject({ code: 'not_found' });
  });

  test('[HB-05 adapts] makes small chunks larger while they take less than the target', async () => {
    const sizes: number[] = [];
    await startAgent(
      hub(),
      async (input) => {
        sizes.push((input as ChunkInput).items.length);
        return squares(input);
      },
      offer('grow', 1),
    );
    const { id } = await hub().client.tasks.map({
      requires: [{ name: 'grow' }],
      items: numbers(3_000),
      initialChunkItems: 10,
      targetChunkMs: 5_000,
      maxChunkItems: 700,
    });
    await resultsOf(hub(), id);
    expect(sizes[0]).toBe(10);
    expect(Math.max(...sizes)).toBeGreaterThan(80);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(700);
    expect(await hub().client.maps.show({ id })).toMatchObject({
      state: 'succeeded',
      items: { total: 3_000, done: 3_000, failed: 0 },
    });
  });

  test('[HB-05 chunks] a chunk with too few results is a failed attempt and goes to another', async () => {
    let short = 0;
    await startAgent(
      hub(),
      async (input) => {
        const results = await squares(input);
        return short++ === 0 ? results.slice(1) : results;
      },
      offer('short', 1),
    );
    const backoff = { initialDelayMs: 0, factor: 1, maxDelayMs: 0, jitter: 0 };
    const { id } = await hub().client.tasks.map({ requires: [{ name: 'short' }], items: [3, 4], backoff });
    expect(await resultsOf(hub(), id)).toEqual([
      { item: 0, result: 9 },
      { item: 1, result: 16 },
      { end: { state: 'succeeded', nextItem: 2 } },
    ]);
    expect(short).toBe(2);
  });

  test.each(['stop', 'continue'] as const)(
    '[HB-05 ordered] with onFailure %s a chunk that fails for good is told where it stands',
    async (onFailure) => {
      await startAgent(
        hub(),
        async (input) => {
          if ((input as ChunkInput).firstItem === 10)
            throw Object.assign(new Error('not this one'), { retryable: false });
          return squares(input);
        },
        offer(`fail-${onFailure}`, 1),
      );
      const { id } = await hub().client.tasks.map({
        requires: [{ name: `fail-${onFailure}` }],
        items: numbers(40),
        initialChunkItems: 10,
        maxChunkItems: 10,
        onFailure,
      });
      const lines = await resultsOf(hub(), id);
      expect(lines[9]).toEqual({ item: 9, result: 81 });
      expect(lines[10]).toMatchObject({ item: 10, error: { message: 'not this one' } });
      const state = onFailure === 'stop' ? 'failed' : 'partial';
      expect(lines.at(-1)).toMatchObject({ end: { state } });
      if (onFailure === 'continue') expect(lines[20]).toEqual({ item: 20, result: 400 });
      const over = await eventually(
        () => hub().client.maps.show({ id }),
        ({ chunks }) => chunks.live === 0,
      );
      expect(over.state).toBe(state);
    },
  );

  test('is cancelled with its chunks, once; its results end there', async () => {
    const agent = await rawAgent(hub(), { name: 'stopped', capabilities: [{ name: 'stopped' }] });
    const { id } = await hub().client.tasks.map({ requires: [{ name: 'stopped' }], items: [1] });
    const { taskId } = await agent.next('lease');
    const results = resultsOf(hub(), id);
    expect(await hub().client.maps.cancel({ id })).toMatchObject({ state: 'cancelled' });
    await agent.next('cancel');
    expect((await results).at(-1)).toMatchObject({ end: { state: 'cancelled' } });
    await eventually(
      () => hub().client.tasks.show({ id: taskId }),
      ({ state }) => state === 'cancelled',
    );
    await expect(hub().client.maps.cancel({ id })).rejects.toMatchObject({ code: 'map_ended' });
  });

  test('takes its items from a blob of lines, which stays while the map lives', async () => {
    const { digest } = await hub().client.blobs.put('1\n\n2\n "three" ');
    const agent = await rawAgent(hub(), { name: 'lines', capabilities: [{ name: 'lines' }] });
    const { id } = await hub().client.tasks.map({ requires: [{ name: 'lines' }], itemsBlob: digest });
    const lease = await agent.next('lease');
    expect(lease.input).toMatchObject({ items: [1, 2, 'three'] });
    await expect(hub().client.blobs.remove({ digest })).rejects.toMatchObject({ code: 'blob_in_use' });
    agent.succeed(lease, [1, 2, 3]);
    expect(await resultsOf(hub(), id)).toHaveLength(4);
  });

  test.each([
    ['nothing to work on', { items: [] }, 'invalid_input'],
    ['items from two places', { items: [1], itemsBlob: '0'.repeat(64) }, 'invalid_input'],
    ['items from nowhere', {}, 'invalid_input'],
    ['a blob that is not there', { itemsBlob: '0'.repeat(64) }, 'unknown_blob'],
    ['an item larger than an input', { items: ['x'.repeat(300_000)] }, 'invalid_input'],
    ['more shared than an input holds', { items: [1], shared: 'x'.repeat(300_000) }, 'too_large'],
    ['a capability that nobody has', { items: [1], requires: [{ name: 'sqaure' }] }, 'unknown_capability'],
  ])('%s is refused', async (_, body, code) => {
    const answer = await hub().call('POST', '/v1/maps', { body: { requires: [{ name: 'square' }], ...body } });
    expect(answer.body).toMatchObject({ code });
  });

  test('[HB-05 ordered] goes on after the hub was stopped in the middle, and gives every result once', async () => {
    const first = await startHub();
    const agent = await rawAgent(first, { name: 'half', capabilities: [{ name: 'half' }] });
    const { id } = await first.client.tasks.map({
      requires: [{ name: 'half' }],
      items: numbers(60),
      initialChunkItems: 5,
      maxChunkItems: 5,
    });
    for (let chunk = 0; chunk < 3; chunk++) {
      const lease = await agent.next('lease');
      agent.succeed(lease, await squares(lease.input));
      await agent.next('accepted');
    }
    await first.stop();
    const second = await startHub({ after: first, settings: { leaseTtlMs: 500, heartbeatMs: 100 } });
    await startAgent(second, squares, offer('half'));
    const state = async () => (await second.client.maps.show({ id })).state;
    await eventually(state, (seen) => seen === 'succeeded').catch(() => {}); // told by the next line
    expect(await state()).toBe('succeeded');
    expect((await resultsOf(second, id)).slice(0, -1)).toEqual(
      numbers(60).map((item) => ({ item, result: item * item })),
    );
    expect((await second.client.maps.list()).items).toMatchObject([{ id, state: 'succeeded' }]);
  });

  test('a map of another tenant looks like one that is not there', async () => {
    const { id } = await hub().client.tasks.map({ requires: [{ name: 'square' }], items: [1] });
    const key = await hub().keyOf('other', 'tasks:*');
    for (const path of [`/v1/maps/${id}`, `/v1/maps/${id}/results`])
      expect((await hub().call('GET', path, { key })).body).toMatchObject({ code: 'not_found' });
  });
});
