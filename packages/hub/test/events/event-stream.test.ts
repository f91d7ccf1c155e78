import { pruneEvents } from '@reeve/platform';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startAgent } from '../kit/agents.ts';
import { EventReader } from '../kit/event-reader.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended } from '../kit/waiting.ts';

async function history({ client }: HubUnderTest, after = 0) {
  return (await client.events.list({ after, limit: 1_000 })).items;
}

/** Runs tasks to their ends, many at once, each of which leaves three events. */
async function makeEvents(hub: HubUnderTest, tasks: number): Promise<void> {
  const ids = await Promise.all(Array.from({ length: tasks }, () => submit(hub)));
  await Promise.all(ids.map((id) => ended(hub, id)));
}

/** What is refused is answered at once, and has an end. */
async function refusal(hub: HubUnderTest, status: number, query: string, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${hub.key}`;
  const response = await fetch(`${hub.url}/v1/events?${query}`, { headers: { authorization, ...headers } });
  expect(response.status).toBe(status);
  return response.json();
}

async function newest(hub: HubUnderTest): Promise<number> {
  return (await history(hub)).at(-1)?.position ?? 0;
}

describe('the order', () => {
  test('[HB-13 sse order] every event once, in the order of the log, from its beginning into the present', async () => {
    const hub = await startHub();
    await startAgent(hub, async () => null, { offer: { slots: 20 } });
    await makeEvents(hub, 10);
    const reader = await EventReader.open(hub, { query: '?after=0' });
    expect(reader.response).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/event-stream' } });
    await makeEvents(hub, 30);
    const all = await history(hub);
    await reader.has(all.length);
    expect(all.map(({ position }) => position)).toEqual(all.map((_, at) => at + 1));
    expect(reader.events).toEqual(all.map((event) => ({ ...event, id: `${event.position}`, event: event.type })));
  });

  test('[HB-13 sse] without a position it begins with what comes next', async () => {
    const hub = await startHub();
    await submit(hub);
    const before = await newest(hub);
    const reader = await EventReader.open(hub);
    await submit(hub);
    await reader.has(1);
    expect(reader.ids).toEqual([`${before + 1}`]);
  });
});

describe('a reader that comes back', () => {
  test('[HB-13 sse resume order] after every cut it goes on with the event after the last it saw: none missed, none twice', async () => {
    const hub = await startHub();
    await startAgent(hub, async () => null, { offer: { slots: 20 } });
    const seen: string[] = ['0'];
    for (let cut = 0; cut < 5; cut++) {
      const reader = await EventReader.open(hub, { lastEventId: seen.at(-1)! });
      const working = makeEvents(hub, 6);
      await reader.has(4);
      reader.cut();
      seen.push(...reader.ids);
      await working; // what happens now, nobody reads
    }
    const all = await history(hub);
    const last = await EventReader.open(hub, { lastEventId: seen.at(-1)! });
    await last.has(all.length - (seen.length - 1));
    expect([...seen.slice(1), ...last.ids]).toEqual(all.map(({ position }) => `${position}`));
  });

  test('[HB-13 sse resume] the header counts more than the query: a browser repeats its URL and adds the header', async () => {
    const hub = await startHub();
    await Promise.all(Array.from({ length: 5 }, () => submit(hub)));
    const reader = await EventReader.open(hub, { lastEventId: '3', query: '?after=1' });
    await submit(hub);
    await reader.has(3);
    expect(reader.ids).toEqual(['4', '5', '6']);
  });

  test('[HB-13 sse resume] one that was cut before anything happened misses nothing either', async () => {
    const hub = await startHub();
    await submit(hub);
    const reader = await EventReader.open(hub);
    await expect.poll(() => reader.comments).toHaveLength(1);
    expect(reader.lastEventId).toBe(`${await newest(hub)}`);
    reader.cut();
    const id = await submit(hub);
    const again = await EventReader.open(hub, { lastEventId: reader.lastEventId });
    await again.has(1);
    expect(again.events).toMatchObject([{ subject: `task:${id}`, type: 'task.submitted' }]);
  });

  test('[HB-13 sse resume] over a stop and a start of the hub: the stream ends in order, and goes on in the next life', async () => {
    const hub = await startHub();
    const reader = await EventReader.open(hub, { query: '?after=0' });
    await submit(hub);
    await reader.has(1);
    await hub.stop();
    await reader.ended;
    const next = await startHub({ after: hub });
    await submit(next);
    const all = await history(next);
    const again = await EventReader.open(next, { lastEventId: reader.ids.at(-1)! });
    await again.has(all.length - reader.events.length);
    expect([...reader.ids, ...again.ids]).toEqual(all.map(({ position }) => `${position}`));
  });
});

describe('a position that cannot be', () => {
  const shared = sharedHub();

  test.each(['abc', '-1', '1.5', ' 1 2', '1,2', '0x10', '9'.repeat(16), '1;drop table events'])(
    '[HB-13 sse] [FD-01 input] %j is none, in the header and in the query',
    async (text) => {
      const malformed = { code: 'malformed_request', detail: /position of an event/ };
      expect(await refusal(shared(), 400, '', { 'last-event-id': text })).toMatchObject(malformed);
      expect(await refusal(shared(), 400, `after=${encodeURIComponent(text)}`)).toMatchObject(malformed);
    },
  );

  test.each(['after=1&after=2', 'subject=task:1&subject=task:2', `type=${'x'.repeat(101)}`, 'typ=task.leased'])(
    '[FD-01 input] the query %s is refused: it would be another stream than the one that was meant',
    async (query) => {
      const { code, issues } = await refusal(shared(), 422, query);
      expect(code).toBe('invalid_input');
      expect(issues).toHaveLength(1);
    },
  );

  test('[HB-13 sse] beyond the newest event is refused, with the newest that there is', async () => {
    const hub = shared();
    await submit(hub);
    const { length } = await history(hub);
    const ahead = await refusal(hub, 422, '', { 'last-event-id': `${length + 1}` });
    expect(ahead).toMatchObject({ code: 'event_position_ahead', details: { after: length + 1, newest: length } });
  });

  test('[HB-13 sse] one from before what is kept is refused instead of leaving out what is gone', async () => {
    const hub = await startHub();
    for (let task = 0; task < 3; task++) await submit(hub);
    await pruneEvents(hub.database, Date.now() + 60_000);
    const gone = await refusal(hub, 410, '', { 'last-event-id': '1' });
    expect(gone).toMatchObject({ code: 'events_gone', details: { after: 1, oldest: 3 } });
    const reader = await EventReader.open(hub, { lastEventId: '2' });
    await reader.has(1);
    expect(reader.ids).toEqual(['3']);
  });
});

describe('what is told to whom', () => {
  test('[HB-13 sse] only what is of the reader’s tenant, and what it asked for', async () => {
    const hub = await startHub();
    const otherKey = await hub.keyOf('other', '*');
    const [first, second] = [await submit(hub), await submit(hub)];
    const theirs = await EventReader.open(hub, { query: '?after=0', key: otherKey });
    const body = { requires: [{ name: 'echo' }], allowUnknown: true };
    await hub.call('POST', '/v1/tasks', { key: otherKey, body });
    await hub.client.tasks.cancel({ id: second });
    await hub.client.tasks.cancel({ id: first });
    const bySubject = await EventReader.open(hub, { query: `?after=0&subject=task:${first}` });
    const byType = await EventReader.open(hub, { query: '?after=0&type=task.cancelled' });
    await Promise.all([bySubject.has(2), byType.has(2), theirs.has(1)]);
    expect(bySubject.events.map(({ type }) => type)).toEqual(['task.submitted', 'task.cancelled']);
    expect(byType.events.map(({ subject }) => subject)).toEqual([`task:${second}`, `task:${first}`]);
    expect(theirs.events.map(({ tenant, type }) => [tenant, type])).toEqual([['other', 'task.submitted']]);
  });

  test('[HB-13 sse] nothing without the permission', async () => {
    const hub = await startHub();
    const key = await hub.keyOf('acme', 'tasks:read');
    expect((await hub.call('GET', '/v1/events', { key })).status).toBe(404);
    expect((await hub.call('GET', '/v1/events', { key: 'rv_wrong' })).status).toBe(401);
  });

  test('[HB-13 sse] one that does not read holds up nobody, and has missed nothing when it reads again', async () => {
    const hub = await startHub();
    const [slow, quick] = [
      await EventReader.open(hub, { query: '?after=0' }),
      await EventReader.open(hub, { query: '?after=0' }),
    ];
    slow.response.pause();
    const kind = 'x'.repeat(100);
    const requires = Array.from({ length: 20 }, (_, number) => ({ name: `c${number}`.padEnd(100, 'x') }));
    const tasks = Array.from({ length: 2_000 }, () => ({ kind, requires, allowUnknown: true }));
    await hub.call('POST', '/v1/tasks/batch', { body: { tasks } });
    await quick.has(2_000);
    slow.response.resume();
    await slow.has(2_000);
    expect(slow.ids).toEqual(quick.ids);
  });

  test('[HB-13 sse] a quiet stream says every 15 seconds that it is there', async () => {
    const hub = await startHub();
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const reader = await EventReader.open(hub);
    await expect.poll(() => reader.comments).toHaveLength(1);
    vi.advanceTimersByTime(15_000);
    await expect.poll(() => reader.comments).toEqual(['the event log of Reeve', 'still here']);
  });
});
