import { once } from 'node:events';
import { pruneEvents } from '@reeve/platform';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { needs } from '../../../../tests/house/needs.ts';
import { eventCloseCodes, eventProtocol, type Event } from '../../src/api/index.ts';
import { heldBytes } from '../kit/held-memory.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { eventually } from '../kit/waiting.ts';

const shared = sharedHub();

/** A reader of events on a WebSocket. */
class Reader {
  readonly events: Event[] = [];
  /** What the hub said that is no event. */
  readonly words: object[] = [];
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  /** Positions in order, without keeping the events. */
  count = 0;
  last: number;
  isOrdered = true;

  constructor(hub: HubUnderTest, query: Record<string, string> = {}, options: { key?: string; keep?: boolean } = {}) {
    const { key = hub.key, keep = true } = options;
    const address = `${hub.url.replace(/^http/, 'ws')}${eventProtocol.path}?${new URLSearchParams(query)}`;
    this.last = Number(query['after'] ?? 0);
    this.socket = new WebSocket(address, eventProtocol.subprotocol, { headers: { authorization: `Bearer ${key}` } });
    this.socket.on('error', () => {});
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    this.socket.on('message', (data) => this.#take(JSON.parse((data as Buffer).toString()) as Event[], keep));
    onTestFinished(() => this.socket.terminate());
  }

  #take(message: Event[] | object, keep: boolean): void {
    if (!Array.isArray(message)) return void this.words.push(message);
    for (const event of message) {
      this.count += 1;
      this.isOrdered &&= event.position > this.last;
      this.last = event.position;
      if (keep) this.events.push(event);
    }
  }

  opened(): Promise<unknown> {
    return once(this.socket, 'open');
  }

  async has(count: number, withinMs?: number): Promise<void> {
    await eventually(() => this.count >= count, Boolean, withinMs);
  }
}

/** Writes events of a type, a thousand in each unit; gives the position before the first. */
async function write(hub: HubUnderTest, count: number, type: string, data: object = {}): Promise<number> {
  const before = hub.database.status().newestPosition;
  for (let written = 0; written < count; written += 1_000) {
    const length = Math.min(1_000, count - written);
    const events = Array.from({ length }, () => ({ type, tenant: 'acme', subject: 'test', data: data as never }));
    await hub.database.commit({ statements: [], events });
  }
  return before;
}

describe('[HB-13 websocket] the event log over a WebSocket', () => {
  test('[HB-13 order] tells what has happened and what happens, in order, as the pages do', async () => {
    const hub = shared();
    const after = await write(hub, 1_500, 'socket.order');
    const reader = new Reader(hub, { after: String(after), type: 'socket.order' });
    await reader.has(1_500);
    await write(hub, 10, 'socket.order');
    await reader.has(1_510);
    const pages = await Promise.all(
      [0, 1_000].map((skip) => hub.client.events.list({ after: after + skip, limit: 1_000, type: 'socket.order' })),
    );
    expect(reader.events).toEqual(pages.flatMap(({ items }) => items));
  });

  test('[HB-13 resume] a reader that comes back goes on after its last event, none missed and none twice', async () => {
    const hub = shared();
    const after = await write(hub, 3_000, 'socket.resume');
    const positions: number[] = [];
    let last = after;
    for (let connection = 0; positions.length < 4_000; connection++) {
      const reader = new Reader(hub, { after: String(last), type: 'socket.resume' });
      if (connection === 1) await write(hub, 1_000, 'socket.resume');
      await reader.has(1);
      reader.socket.terminate(); // as a cut connection, wherever it is
      await reader.closed;
      positions.push(...reader.events.map(({ position }) => position));
      last = reader.last;
    }
    expect(new Set(positions).size).toBe(4_000);
    expect(positions).toEqual(Array.from({ length: 4_000 }, (_, index) => after + 1 + index));
  });

  test('begins with what happens from now on, and heeds subject and type', async () => {
    const hub = shared();
    await write(hub, 1, 'socket.filter');
    const reader = new Reader(hub, { type: 'socket.filter', subject: 'test' });
    await reader.opened();
    await write(hub, 1, 'socket.other');
    const before = await write(hub, 1, 'socket.filter');
    await reader.has(1);
    expect(reader.events.map(({ position }) => position)).toEqual([before + 1]);
    expect(reader.words).toEqual([{ after: expect.any(Number) }]);
  });

  test('[HB-13 resume] a reader that began now and was cut before anything happened knows where to go on', async () => {
    const hub = shared();
    const cut = new Reader(hub, { type: 'socket.cut' });
    await eventually(() => cut.words.length === 1);
    cut.socket.terminate();
    await write(hub, 2, 'socket.cut');
    const [{ after }] = cut.words as [{ after: number }];
    const reader = new Reader(hub, { after: String(after), type: 'socket.cut' });
    await reader.has(2);
    expect(reader.count).toBe(2);
  });

  test('shows no events of another tenant', async () => {
    const hub = shared();
    const other = new Reader(hub, { after: '0' }, { key: await hub.keyOf('other', 'events:read') });
    await other.opened();
    await write(hub, 1, 'socket.tenant');
    const event = { type: 'socket.tenant', tenant: 'other', subject: 'test', data: {} };
    await hub.database.commit({ statements: [], events: [event] });
    await other.has(1);
    expect(other.events.map(({ tenant }) => tenant)).toEqual(['other']);
  });

  test('a reader that takes nothing for a while misses nothing', async () => {
    const hub = shared();
    const reader = new Reader(hub, { type: 'socket.slow' });
    await reader.opened();
    reader.socket.pause();
    const after = await write(hub, 5_000, 'socket.slow');
    reader.socket.resume();
    await reader.has(5_000);
    expect(reader).toMatchObject({ count: 5_000, last: after + 5_000, isOrdered: true });
  });

  test(
    'a reader that takes nothing costs no memory, however much happens',
    { ...needs('minutes'), timeout: 120_000 },
    async () => {
      const hub = await startHub({ settings: { leaseTtlMs: 100_000 } });
      const [reader, quick] = [new Reader(hub, {}, { keep: false }), new Reader(hub, {}, { keep: false })];
      await Promise.all([reader.opened(), quick.opened()]);
      reader.socket.pause();
      const before = heldBytes();
      await write(hub, 60_000, 'socket.idle', { text: 'x'.repeat(2_000) });
      await quick.has(60_000, 60_000); // by then the hub has had the time to send all to the other too
      // Of 120 MB, of which the system takes some 40; what went between the threads is let go of a moment later.
      await expect.poll(() => heldBytes() - before, { interval: 200 }).toBeLessThan(30_000_000);
      reader.socket.resume();
      await reader.has(60_000, 60_000);
      expect(reader).toMatchObject({ count: 60_000, isOrdered: true });
    },
  );

  test(
    '[HB-13 resume] a reader that was away for a million events resumes without a gap, in bounded memory',
    { ...needs('minutes'), timeout: 240_000 },
    async () => {
      const hub = await startHub();
      const after = await write(hub, 1_000_000, 'socket.away');
      heldBytes(); // what the writing left behind is not the reader's
      const before = process.memoryUsage().rss;
      const reader = new Reader(hub, { after: String(after), type: 'socket.away' }, { keep: false });
      let mostBytes = 0;
      const watching = setInterval(() => (mostBytes = Math.max(mostBytes, process.memoryUsage().rss - before)), 20);
      await reader.has(1_000_000, 200_000);
      clearInterval(watching);
      expect(reader).toMatchObject({ count: 1_000_000, last: after + 1_000_000, isOrdered: true });
      expect(mostBytes).toBeLessThan(200_000_000);
    },
  );
});

describe('the end of a connection', () => {
  test.each([
    ['beyond the newest', () => '999999999', 'event_position_ahead'],
    ['no longer kept', () => '1', 'events_gone'],
  ])('a position %s is told, with where to go on', async (_, after, code) => {
    const hub = await startHub();
    await write(hub, 3_000, 'socket.gone');
    await pruneEvents(hub.database, Date.now() + 60_000);
    const reader = new Reader(hub, { after: after() });
    expect(await reader.closed).toBe(eventCloseCodes.positionGone);
    expect(reader.words).toMatchObject([{ code, details: expect.any(Object) }]);
  });

  test('[FD-08 sigterm] a hub that stops says so', async () => {
    const hub = await startHub();
    const reader = new Reader(hub);
    await reader.opened();
    await hub.stop();
    expect(await reader.closed).toBe(eventCloseCodes.goingAway);
  });

  test('a reader that does not answer is dropped', async () => {
    const hub = await startHub({ settings: { leaseTtlMs: 200, heartbeatMs: 50 } });
    const reader = new Reader(hub);
    await reader.opened();
    reader.socket.pause(); // reads nothing, so answers no ping
    await eventually(async () => (await hub.metric('reeve_hub_event_readers')) === 0);
  });

  test('a reader that speaks breaks the protocol', async () => {
    const reader = new Reader(shared());
    await reader.opened();
    reader.socket.send('hello');
    expect(await reader.closed).toBe(eventCloseCodes.protocolViolation);
  });
});

describe('who may not read', () => {
  test.each([
    ['without a key that holds', async () => 'rv_nobody', 401],
    ['without events:read', async () => shared().keyOf('acme', 'tasks:read'), 403],
  ])('%s', async (_, keyOf, status) => {
    const reader = new Reader(shared(), {}, { key: await keyOf() });
    const [, answer] = (await once(reader.socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(status);
  });

  test.each([
    ['a position that is none', 'after=yesterday', 400],
    ['a filter twice', 'type=a&type=b', 422],
    ['a filter that does not exist', 'kind=a', 422],
  ])('%s is refused before the upgrade', async (_, query, status) => {
    const socket = new WebSocket(`${shared().url.replace(/^http/, 'ws')}${eventProtocol.path}?${query}`, {
      headers: { authorization: `Bearer ${shared().key}` },
    });
    socket.on('error', () => {});
    const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(answer.statusCode).toBe(status);
    socket.terminate();
  });
});
