import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EventFeed, pruneEvents, type EventFeedOptions, type Subscription } from '../../src/events/index.ts';
import type { Database, EventRecord } from '../../src/database/index.ts';
import { openTemporary } from '../database/temporary-database.ts';

describe('EventFeed', () => {
  test('gives first what is in the database, then what comes, in order and once', async () => {
    const db = await openTemporary();
    await Promise.all(append(db, 1, 30));
    const feed = feedOf(db);
    const seen = collect(feed, { after: 10 }, 60);
    await Promise.all(append(db, 31, 70));
    expect(await seen).toEqual(numbers(11, 70));
  });

  test('without a position it begins with what comes next', async () => {
    const db = await openTemporary();
    await Promise.all(append(db, 1, 5));
    const feed = feedOf(db);
    const seen = collect(feed, {}, 2);
    await Promise.all(append(db, 6, 7));
    expect(await seen).toEqual([6, 7]);
  });

  test(
    '[HB-08] no gap and no duplicate at the seam, however writing, reading and slowness fall together',
    { timeout: 120_000 },
    async () => {
      const db = await openTemporary({ limits: { groupUnits: 7 } });
      const scenario = fc.record({
        before: fc.nat(40),
        bursts: fc.array(fc.record({ events: fc.integer({ min: 1, max: 30 }), turns: fc.nat(4) }), { maxLength: 8 }),
        from: fc.nat(40),
        pageEvents: fc.integer({ min: 1, max: 20 }),
        bufferedEvents: fc.integer({ min: 0, max: 20 }),
        slowTurns: fc.array(fc.nat(6), { maxLength: 10 }),
        subject: fc.option(fc.constantFrom('s0', 's1', 's2'), { nil: undefined }),
      });
      await fc.assert(
        fc.asyncProperty(scenario, async ({ before, bursts, from, subject, slowTurns, ...options }) => {
          const first = db.status().newestPosition;
          await Promise.all(append(db, first + 1, first + before));
          const after = Math.max(first, first + before - from);
          const feed = new EventFeed(db, options);
          const last = first + before + bursts.reduce((sum, { events }) => sum + events, 0);
          const wanted = numbers(after + 1, last).filter((n) => subject === undefined || `s${n % 3}` === subject);
          // Where an event is missing, the subscription would wait for ever: it ends, and what it saw is told.
          const signal = AbortSignal.timeout(5_000);
          const seen = collect(feed, { after, filter: { subject }, signal }, wanted.length, slowTurns);
          await writeBursts(db, bursts);
          expect(await seen).toEqual(wanted);
          feed.close();
        }),
        { numRuns: 150, endOnFailure: true },
      );
    },
  );

  test('a subscriber that does not read costs a bounded buffer, and still gets everything', async () => {
    const db = await openTemporary();
    const feed = feedOf(db, { bufferedEvents: 10 });
    const subscriber = feed.subscribe({ after: 0 })[Symbol.asyncIterator]();
    await Promise.all(append(db, 1, 1));
    const seen = positionsOf((await subscriber.next()).value);
    await Promise.all(append(db, 2, 5_000));
    const sizes: number[] = [];
    while (seen.length < 5_000) {
      const batch = positionsOf((await subscriber.next()).value);
      sizes.push(batch.length);
      seen.push(...batch);
    }
    expect(seen).toEqual(numbers(1, 5_000));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    await subscriber.return!();
    expect(feed.subscriberCount).toBe(0);
  });

  test('a slow subscriber that pruning overtakes is told', async () => {
    const db = await openTemporary({ limits: { groupUnits: 5 } });
    const feed = feedOf(db, { bufferedEvents: 1, pageEvents: 5 });
    await Promise.all(append(db, 1, 50));
    const subscriber = feed.subscribe({ after: 0 })[Symbol.asyncIterator]();
    await subscriber.next();
    await pruneEvents(db, Number.MAX_SAFE_INTEGER);
    await expect(subscriber.next()).rejects.toMatchObject({ code: 'events_gone', details: { oldest: 46 } });
    expect(feed.subscriberCount).toBe(0);
  });

  test('a position beyond the newest is refused', async () => {
    const feed = feedOf(await openTemporary());
    const subscriber = feed.subscribe({ after: 3 })[Symbol.asyncIterator]();
    await expect(subscriber.next()).rejects.toMatchObject({ code: 'event_position_ahead' });
  });

  test('abort ends a subscription that waits, and one that is read from', async () => {
    const db = await openTemporary();
    const feed = feedOf(db);
    const controller = new AbortController();
    const waiting = collect(feed, { signal: controller.signal }, Infinity);
    await Promise.all(append(db, 1, 3));
    controller.abort();
    expect(await waiting).toEqual(expect.any(Array));
    expect(await collect(feed, { after: 0, signal: controller.signal }, Infinity)).toEqual([]);
    expect(feed.subscriberCount).toBe(0);
  });

  test('closing the feed ends all subscriptions', async () => {
    const db = await openTemporary();
    const feed = feedOf(db);
    const all = [collect(feed, { after: 0 }, Infinity), collect(feed, { filter: { subject: 's1' } }, Infinity)];
    await Promise.all(append(db, 1, 1));
    feed.close();
    await Promise.all(all);
    expect(feed.subscriberCount).toBe(0);
  });
});

function feedOf(db: Database, options: EventFeedOptions = {}): EventFeed {
  const feed = new EventFeed(db, options);
  onTestFinished(() => feed.close());
  return feed;
}

/** Positions of the first `count` events, or of all until the subscription ends; pauses after batches as told. */
async function collect(
  feed: EventFeed,
  subscription: Subscription,
  count: number,
  slowTurns: readonly number[] = [],
): Promise<number[]> {
  const positions: number[] = [];
  if (count === 0) return positions;
  let batches = 0;
  for await (const batch of feed.subscribe(subscription)) {
    expect(batch.length).toBeGreaterThan(0);
    positions.push(...positionsOf(batch));
    if (positions.length >= count) break;
    await turns(slowTurns[batches++] ?? 0);
  }
  return positions;
}

async function writeBursts(db: Database, bursts: readonly { events: number; turns: number }[]): Promise<void> {
  const written = [];
  let next = db.status().newestPosition + db.status().queuedUnits + 1;
  for (const burst of bursts) {
    written.push(...append(db, next, next + burst.events - 1));
    next += burst.events;
    await turns(burst.turns);
  }
  await Promise.all(written);
}

function append(db: Database, from: number, to: number): Promise<unknown>[] {
  return numbers(from, to).map((n) =>
    db.commit({ statements: [], events: [{ type: 't', tenant: 'acme', subject: `s${n % 3}`, data: n }] }),
  );
}

/** Lets the event loop turn so many times, so that groups are committed meanwhile. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function positionsOf(batch: readonly EventRecord[]): number[] {
  return batch.map(({ position }) => position);
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}
