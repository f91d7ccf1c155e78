import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { startAgent } from '../kit/agents.ts';
import { holdDatabase } from '../kit/hold-database.ts';
import { openLines } from '../kit/line-stream.ts';
import { liveBytes } from '../kit/live-memory.ts';
import { sharedHub, startHub } from '../kit/start-hub.ts';

const hub = sharedHub();
const path = '/v1/tasks/stream';
const echo = { requires: [{ name: 'echo' }], allowUnknown: true };
const megabyte = 1024 * 1024;

describe('tasks.createMany', () => {
  test('[HB-07 submit] answers what it has taken while more is still being sent, in order', async () => {
    const stream = openLines(hub(), path);
    await stream.send({ ...echo, kind: 'first' }, { ...echo, kind: 'second' });
    const [first, second] = [await stream.next(), await stream.next()];
    expect(await hub().client.tasks.show({ id: first.id })).toMatchObject({ kind: 'first', state: 'queued' });
    expect(await hub().client.tasks.show({ id: second.id })).toMatchObject({ kind: 'second' });
    await stream.send({ ...echo, kind: 'third' });
    expect(await stream.next()).toMatchObject({ line: 3 });
    expect(await stream.rest()).toEqual([{ end: { accepted: 3, refused: 0 } }]);
  });

  test('[HB-07 submit] what cannot be taken is told with its line and hinders no other', async () => {
    const stream = openLines(hub(), path);
    await stream.send(
      echo,
      'not json\n',
      '\n',
      { ...echo, priority: 'urgent' },
      { requires: [{ name: 'ehco' }] },
      { ...echo, input: 'x'.repeat(300 * 1024) },
      '{"__proto__":{}}\n',
      Buffer.from([0x22, 0xff, 0x22, 0x0a]).toString('latin1'),
      'x'.repeat(400 * 1024) + '\n',
      { ...echo, kind: 'last' },
    );
    const answers = await stream.rest();
    const told = answers.map(({ line, id, error, end }) => [line, error?.code ?? (id && 'id') ?? end]);
    expect(told).toEqual([
      [1, 'id'],
      [2, 'malformed_request'],
      [4, 'invalid_input'],
      [5, 'unknown_capability'],
      [6, 'too_large'],
      [7, 'malformed_request'],
      [8, 'invalid_input'],
      [9, 'too_large'],
      [10, 'id'],
      [undefined, { accepted: 2, refused: 7 }],
    ]);
    expect(answers[2].error.issues).toEqual([
      { path: ['priority'], message: expect.stringContaining('expected one of') },
    ]);
  });

  test('[HB-07 submit] an idempotency key makes a line safe to send again, in this stream and in the next', async () => {
    const keyed = (n: number) => ({ ...echo, input: n, idempotencyKey: `many-${n}` });
    const first = openLines(hub(), path);
    await first.send(keyed(1), keyed(2), keyed(1));
    const [one, two, again] = await first.rest();
    expect(again).toEqual({ line: 3, id: one.id });
    const second = openLines(hub(), path);
    await second.send(keyed(2), { ...keyed(1), input: 'another' }, keyed(3));
    const answers = await second.rest();
    expect(answers[0]).toEqual({ line: 1, id: two.id });
    expect(answers[1]).toMatchObject({ line: 2, error: { code: 'idempotency_conflict', retryable: false } });
    expect(answers[3]).toEqual({ end: { accepted: 2, refused: 1 } });
  });

  test('[HB-07 submit] when the hub can take no more it says from which line, and takes nothing after it', async () => {
    const full = await startHub({ settings: { maxLiveTasks: 3 } });
    const first = openLines(full, path);
    await first.send(echo, echo, echo);
    expect(await first.rest()).toHaveLength(4);
    const stream = openLines(full, path);
    await stream.send('nonsense\n', echo, echo);
    expect(await stream.rest()).toEqual([
      { line: 1, error: expect.objectContaining({ code: 'malformed_request' }) },
      {
        end: {
          accepted: 0,
          refused: 1,
          stopped: { line: 2, error: expect.objectContaining({ code: 'overloaded', retryable: true }) },
        },
      },
    ]);
    const { tasks } = await full.client.hub.status();
    expect(tasks.waiting).toBe(3);
  });

  test('[HB-07 submit] after a line that it could not take it takes none, however welcome', async () => {
    const busy = await startHub({ settings: { maxLiveTasks: 10 } });
    const first = openLines(busy, path);
    await first.send(...Array.from({ length: 9 }, () => echo));
    expect(await first.rest()).toHaveLength(10);
    const stream = openLines(busy, path);
    await stream.send({ ...echo, priority: 'low' }, { ...echo, priority: 'critical' });
    expect(await stream.rest()).toMatchObject([
      { end: { accepted: 0, stopped: { line: 1, error: { code: 'overloaded' } } } },
    ]);
    expect((await busy.client.hub.status()).tasks.waiting).toBe(9);
  });

  test('[HB-07 submit] nothing is answered that is not stored', async () => {
    const locked = await startHub({ busyTimeoutMs: 50 });
    const letGo = await holdDatabase(locked);
    const stream = openLines(locked, path);
    await stream.send(echo);
    const answers = await stream.rest();
    letGo();
    expect(answers).toEqual([
      {
        end: {
          accepted: 0,
          refused: 0,
          stopped: { line: 1, error: expect.objectContaining({ code: 'storage_unavailable' }) },
        },
      },
    ]);
    expect((await locked.client.tasks.list()).items).toEqual([]);
  });

  test('a key without the permission is refused before anything is read', async () => {
    const key = await hub().keyOf('acme', 'tasks:read');
    const stream = openLines({ ...hub(), key }, path);
    expect((await stream.response()).statusCode).toBe(403);
  });

  test('the audit log tells of what was taken, and the API document of the stream', async () => {
    const stream = openLines(hub(), path);
    await stream.send(echo, echo);
    await stream.rest();
    const sql = 'select details from audit_records where operation = ? order by sequence desc limit 1';
    const [record] = await hub().database.read({ sql, params: ['tasks.createMany'] });
    expect(JSON.parse(record!['details'] as string)).toMatchObject({ tasks: 2 });
    const { body } = await hub().call('GET', '/openapi.json');
    expect(Object.keys(body.paths[path].post.requestBody.content)).toEqual(['application/x-ndjson']);
  });
});

describe('memory', () => {
  test('[HB-07 memory] a hundred megabytes of tasks pass through, and nothing of them stays', async () => {
    const stream = openLines(hub(), path);
    const task = { ...echo, idempotencyKey: 'heavy', input: 'x'.repeat(20 * 1024) };
    await stream.send(task);
    await stream.next();
    const before = await liveBytes();
    let mostBytes = 0;
    const reading = (async () => {
      for (let line = 1; line < 6_000; line++) {
        const answer = await stream.next();
        if (answer.line % 1_500 === 0) mostBytes = Math.max(mostBytes, await liveBytes());
      }
    })();
    for (let line = 1; line < 6_000; line++) await stream.send(task);
    await reading;
    expect(await stream.rest()).toEqual([{ end: { accepted: 6_000, refused: 0 } }]);
    expect(mostBytes - before).toBeLessThan(40 * megabyte);
  });

  test('[HB-07 memory] a line without end is not kept', async () => {
    const stream = openLines(hub(), path);
    const before = await liveBytes();
    const piece = 'x'.repeat(megabyte);
    for (let sent = 0; sent < 100; sent++) await stream.send(piece);
    expect((await liveBytes()) - before).toBeLessThan(40 * megabyte);
    await stream.send('\n');
    expect(await stream.next()).toMatchObject({ line: 1, error: { code: 'too_large' } });
  });

  test('[HB-07 memory] the hub reads no faster than its answers are read', async () => {
    const stream = openLines(hub(), path);
    const before = await liveBytes();
    // Two bytes for each line, and a hundred times as much to say about it.
    for (let piece = 0; piece < 30; piece++) stream.request.write('x\n'.repeat(20_000));
    await stream.response();
    let [heldBytes, grewBytes] = [0, Infinity];
    while (grewBytes > megabyte) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      const nowBytes = (await liveBytes()) - before;
      [heldBytes, grewBytes] = [nowBytes, nowBytes - heldBytes];
    }
    expect(heldBytes).toBeLessThan(40 * megabyte);
    stream.request.destroy();
    await once(stream.request, 'close');
  });
});

describe('tasks.results', () => {
  test('[HB-07 complete] thousands are submitted and completed by two calls of the client', async () => {
    await startAgent(hub(), async (input) => (input as number) * 2, {
      offer: { name: 'doubler', capabilities: [{ name: 'double' }], slots: 100 },
    });
    const tasks = Array.from({ length: 3_000 }, (_, input) => ({ requires: [{ name: 'double' }], input }));
    const { client } = hub();
    const ids = async function* () {
      for await (const answer of client.tasks.createMany(tasks)) yield (answer as { id: string }).id;
    };
    const outputs: unknown[] = [];
    for await (const result of client.tasks.results(ids())) outputs.push('output' in result && result.output);
    expect(outputs).toEqual(tasks.map(({ input }) => input * 2));
  });

  test('[HB-07 complete] in order of completion each comes as it ends; in order of submission none overtakes', async () => {
    const [slow, quick] = [await submitted('slow'), await submitted('quick')];
    const inOrder = openLines(hub(), '/v1/tasks/results');
    const asEnded = openLines(hub(), '/v1/tasks/results?order=completion');
    for (const stream of [inOrder, asEnded]) await stream.send({ id: slow }, { id: quick });
    await hub().client.tasks.cancel({ id: quick });
    expect(await asEnded.next()).toMatchObject({ line: 2, id: quick, state: 'cancelled' });
    await hub().client.tasks.cancel({ id: slow, reason: 'too slow' });
    expect(await inOrder.rest()).toEqual([
      expect.objectContaining({ line: 1, id: slow, error: expect.objectContaining({ message: 'too slow' }) }),
      expect.objectContaining({ line: 2, id: quick }),
      { end: { results: 2, refused: 0 } },
    ]);
    expect(await asEnded.rest()).toEqual([expect.objectContaining({ line: 1 }), { end: { results: 2, refused: 0 } }]);
  });

  test('a task of another tenant looks like one that is not there', async () => {
    const id = await submitted('mine');
    const key = await hub().keyOf('other', 'tasks:read');
    const stream = openLines({ ...hub(), key }, '/v1/tasks/results');
    await stream.send({ id }, { id: 'no uuid' });
    await hub().client.tasks.cancel({ id });
    expect((await stream.rest()).map(({ error, end }) => error?.code ?? end)).toEqual([
      'not_found',
      'invalid_input',
      { results: 0, refused: 2 },
    ]);
  });
});

async function submitted(kind: string): Promise<string> {
  return (await hub().client.tasks.create({ ...echo, kind })).id;
}
