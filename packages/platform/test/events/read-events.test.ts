import { describe, expect, test } from 'vitest';
import { newestPosition, oldestPosition, pruneEvents, readEvents } from '../../src/events/index.ts';
import type { Database } from '../../src/database/index.ts';
import { openTemporary } from '../database/temporary-database.ts';

describe('readEvents', () => {
  test('[FD-06 pagination] pages through the log from any position, whatever the commits were', async () => {
    const db = await openTemporary();
    for (const count of [1, 5, 3, 40, 1]) await Promise.all(append(db, count));
    const all = await readEvents(db, { after: 0, limit: 1_000 });
    expect(all.events.map(({ position }) => position)).toEqual(numbers(1, 50));
    expect(all.scannedTo).toBe(50);
    for (const limit of [1, 4, 7, 50]) expect(await readAll(db, limit)).toEqual(all.events);
    for (const after of [1, 6, 8, 30, 49, 50])
      expect((await readEvents(db, { after, limit: 1_000 })).events).toEqual(all.events.slice(after));
  });

  test('gives what was appended, with its time', async () => {
    let nowMs = 1_000;
    const db = await openTemporary({ clock: { nowMs: () => nowMs, monotonicMs: () => 0 } });
    const draft = {
      type: 'a.b',
      tenant: 'acme',
      subject: 'note:ü"',
      data: { text: 'line\n"quoted"', list: [1, null] },
    };
    await db.commit({ statements: [], events: [draft] });
    nowMs = 2_000;
    await db.commit({ statements: [], events: [draft, { ...draft, data: null }] });
    expect((await readEvents(db, { after: 0, limit: 10 })).events).toEqual([
      { ...draft, position: 1, atMs: 1_000 },
      { ...draft, position: 2, atMs: 2_000 },
      { ...draft, data: null, position: 3, atMs: 2_000 },
    ]);
  });

  test('filters by tenant, types and subject, and goes on where it stopped', async () => {
    const db = await openTemporary();
    await Promise.all(append(db, 60));
    const filter = { tenant: 't1', types: ['type0', 'type1'], subject: 's3' };
    const wanted = numbers(1, 60).filter((n) => n % 2 === 1 && n % 3 < 2 && n % 5 === 3);
    expect(wanted.length).toBeGreaterThan(2);
    const first = await readEvents(db, { after: 0, limit: 2, filter });
    expect(first.events.map(({ position }) => position)).toEqual(wanted.slice(0, 2));
    expect(first.scannedTo).toBe(wanted[1]);
    const rest = await readEvents(db, { after: first.scannedTo, limit: 100, filter });
    expect(rest.events.map(({ position }) => position)).toEqual(wanted.slice(2));
    expect(rest.scannedTo).toBe(60);
  });

  test('a name that stands elsewhere in an event does not match', async () => {
    const db = await openTemporary();
    await db.commit({
      statements: [],
      events: [{ type: 'a', tenant: 'b', subject: 'c', data: { tenant: 't1', s: 's3' } }],
    });
    expect((await readEvents(db, { after: 0, limit: 10, filter: { tenant: 't1' } })).events).toEqual([]);
    expect((await readEvents(db, { after: 0, limit: 10, filter: { subject: 's3' } })).events).toEqual([]);
  });

  test('a filter that matches nothing ends a call early and says how far it looked', async () => {
    const db = await openTemporary();
    await Promise.all(append(db, 12_000));
    const page = await readEvents(db, { after: 0, limit: 10, filter: { subject: 'nobody' } });
    expect(page.events).toEqual([]);
    expect(page.scannedTo).toBeGreaterThanOrEqual(5_000);
    expect(page.scannedTo).toBeLessThan(12_000);
  });

  test('an empty log has nothing to read; a position beyond the newest is refused', async () => {
    const db = await openTemporary();
    expect(await readEvents(db, { after: 0, limit: 10 })).toEqual({ events: [], scannedTo: 0 });
    expect([await oldestPosition(db), await newestPosition(db)]).toEqual([1, 0]);
    await expect(readEvents(db, { after: 1, limit: 10 })).rejects.toMatchObject({
      code: 'event_position_ahead',
      details: { after: 1, newest: 0 },
    });
  });
});

describe('pruneEvents', () => {
  test('[FD-06 pagination] removes what is older, from the start only, and resuming before it is refused', async () => {
    let nowMs = 0;
    const db = await openTemporary({ clock: { nowMs: () => nowMs, monotonicMs: () => 0 } });
    // The clock goes back once: the fourth segment is older than the limit, but what is kept may have no gap.
    for (const atMs of [10, 20, 30, 15, 40]) {
      nowMs = atMs;
      await db.commit({ statements: [], events: numbers(1, 3).map(draft) });
    }
    expect(await pruneEvents(db, 25)).toBe(6);
    expect([await oldestPosition(db), await newestPosition(db)]).toEqual([7, 15]);
    expect((await readEvents(db, { after: 6, limit: 100 })).events.map(({ position }) => position)).toEqual(
      numbers(7, 15),
    );
    for (const after of [0, 5])
      await expect(readEvents(db, { after, limit: 100 })).rejects.toMatchObject({
        code: 'events_gone',
        message: `events ${after + 1} to 6 are no longer kept; the oldest is 7`,
        details: { after, oldest: 7 },
      });
  });

  test('never removes the newest, so that positions go on after a restart', async () => {
    const db = await openTemporary();
    await Promise.all(append(db, 1_200, 1));
    expect(await pruneEvents(db, Number.MAX_SAFE_INTEGER)).toBeGreaterThan(0);
    const newest = await newestPosition(db);
    expect(newest).toBe(1_200);
    await db.commit({ statements: [], events: [draft(1)] });
    expect(await newestPosition(db)).toBe(1_201);
  });

  test('removes more than one unit takes', async () => {
    const db = await openTemporary({ limits: { groupUnits: 1 } });
    await Promise.all(append(db, 1_300));
    expect(await pruneEvents(db, Number.MAX_SAFE_INTEGER)).toBe(1_299);
    expect(await oldestPosition(db)).toBe(1_300);
  });
});

/** Events whose tenant, type and subject follow from their number, one per unit. */
function append(db: Database, count: number, from = 1): Promise<unknown>[] {
  return numbers(from, from + count - 1).map((n) => db.commit({ statements: [], events: [draft(n)] }));
}

function draft(n: number) {
  return { type: `type${n % 3}`, tenant: `t${n % 2}`, subject: `s${n % 5}`, data: n };
}

function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

async function readAll(db: Database, limit: number) {
  const events = [];
  for (let after = 0; ;) {
    const page = await readEvents(db, { after, limit });
    if (page.events.length === 0) return events;
    events.push(...page.events);
    after = page.scannedTo;
  }
}
