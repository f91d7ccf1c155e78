import { describe, expect, test } from 'vitest';
import { holdDatabase } from '../kit/hold-database.ts';
import { sharedHub, startHub } from '../kit/start-hub.ts';
import { rawAgent } from '../kit/agents.ts';

const hub = sharedHub();
const echo = { requires: [{ name: 'echo' }], allowUnknown: true };
let keys = 0;
const newKey = (): string => `order-${++keys}`;

describe('the same key and the same task', () => {
  test('[HB-09 idempotency] by field: one task, whatever the order of members and whether defaults are spelt out', async () => {
    const idempotencyKey = newKey();
    const first = await hub().call('POST', '/v1/tasks', { body: { ...echo, input: { a: 1, b: 2 }, idempotencyKey } });
    const second = await hub().call('POST', '/v1/tasks', {
      body: { idempotencyKey, priority: 'medium', input: { b: 2, a: 1 }, labels: {}, ...echo },
    });
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).toBe(first.body.id);
  });

  test('[HB-09 idempotency] by header: the same answer again, marked as such', async () => {
    const headers = { 'idempotency-key': newKey() };
    const first = await hub().call('POST', '/v1/tasks', { body: echo, headers });
    const second = await hub().call('POST', '/v1/tasks', { body: echo, headers });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
  });

  test.each(['field', 'header'])('[HB-09 idempotency] fifty at once by %s are one task', async (where) => {
    const key = newKey();
    const body = where === 'field' ? { ...echo, idempotencyKey: key } : echo;
    const headers = where === 'header' ? { 'idempotency-key': key } : {};
    const before = await hub().metric('reeve_hub_tasks_submitted_total');
    const letGo = await holdDatabase(hub()); // so that all are under way before the first is kept
    const asked = Array.from({ length: 50 }, () => hub().call('POST', '/v1/tasks', { body, headers }));
    await hub().client.hub.status();
    letGo();
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body: { id } }) => id)).size).toBe(1);
    expect(await hub().metric('reeve_hub_tasks_submitted_total')).toBe(before + 1);
  });

  test('[HB-09 idempotency] in a batch: known keys stand for their tasks, new ones are made, in the order of the tasks', async () => {
    const [one, two] = [newKey(), newKey()];
    const { body: known } = await hub().call('POST', '/v1/tasks', { body: { ...echo, idempotencyKey: one } });
    const tasks = [
      { ...echo, idempotencyKey: two },
      { ...echo, idempotencyKey: one },
      echo,
      { ...echo, idempotencyKey: two },
    ];
    const { body } = await hub().call('POST', '/v1/tasks/batch', { body: { tasks } });
    expect(body.ids[1]).toBe(known.id);
    expect(body.ids[0]).toBe(body.ids[3]);
    expect(new Set(body.ids).size).toBe(3);
  });

  test('[HB-09 idempotency] two batches at once that share some keys: each key is one task', async () => {
    const shared = [newKey(), newKey(), newKey()];
    const batch = (own: string) => ({
      tasks: [...shared, own].map((idempotencyKey) => ({ ...echo, idempotencyKey })),
    });
    const answers = await Promise.all(
      [newKey(), newKey(), newKey()].map((own) => hub().call('POST', '/v1/tasks/batch', { body: batch(own) })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const ids = answers.map(({ body }) => body.ids as string[]);
    for (const at of [0, 1, 2]) expect(new Set(ids.map((each) => each[at])).size).toBe(1);
    expect(new Set(ids.flat()).size).toBe(6);
  });

  test('[HB-09 idempotency] a known task is answered as it is now, also after a restart and when it has ended', async () => {
    const first = await startHub();
    const agent = await rawAgent(first);
    const body = { ...echo, idempotencyKey: 'once' };
    const { id } = (await first.call('POST', '/v1/tasks', { body })).body;
    agent.succeed(await agent.next('lease'));
    await agent.next('accepted');
    await first.stop();
    const next = await startHub({ after: first });
    expect((await next.call('POST', '/v1/tasks', { body })).body).toMatchObject({ id, state: 'succeeded' });
  });

  test('[HB-09 idempotency] keys belong to a tenant', async () => {
    const body = { ...echo, idempotencyKey: newKey() };
    const other = await hub().keyOf('other', 'tasks:write');
    const mine = await hub().call('POST', '/v1/tasks', { body });
    const theirs = await hub().call('POST', '/v1/tasks', { body, key: other });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.body.id).not.toBe(mine.body.id);
  });
});

describe('the same key and another task', () => {
  test.each(['field', 'header'])(
    '[HB-09 idempotency] by %s is refused with 409, and nothing is made',
    async (where) => {
      const key = newKey();
      const of = (input: number) =>
        where === 'field'
          ? { body: { ...echo, input, idempotencyKey: key } }
          : { body: { ...echo, input }, headers: { 'idempotency-key': key } };
      const first = await hub().call('POST', '/v1/tasks', of(1));
      const before = await hub().metric('reeve_hub_tasks_submitted_total');
      const second = await hub().call('POST', '/v1/tasks', of(2));
      expect(second).toMatchObject({ status: 409, body: { code: 'idempotency_conflict', retryable: false } });
      expect(second.body.detail).toContain(key);
      expect(await hub().metric('reeve_hub_tasks_submitted_total')).toBe(before);
      expect((await hub().call('POST', '/v1/tasks', of(1))).body.id).toBe(first.body.id);
    },
  );

  test('[HB-09 idempotency] of two at once with different tasks one is made, the other refused', async () => {
    const idempotencyKey = newKey();
    const answers = await Promise.all(
      [1, 2, 3, 4].map((input) => hub().call('POST', '/v1/tasks', { body: { ...echo, input, idempotencyKey } })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
  });

  test('[HB-09 idempotency] within one batch refuses the whole batch', async () => {
    const idempotencyKey = newKey();
    const tasks = [1, 2].map((input) => ({ ...echo, input, idempotencyKey }));
    const before = await hub().metric('reeve_hub_tasks_submitted_total');
    expect((await hub().call('POST', '/v1/tasks/batch', { body: { tasks } })).status).toBe(409);
    expect(await hub().metric('reeve_hub_tasks_submitted_total')).toBe(before);
  });

  test.each(['with space', 'ü', 'x'.repeat(129), ''])('[HB-09] the key %j is no key', async (idempotencyKey) => {
    const { status, body } = await hub().call('POST', '/v1/tasks', { body: { ...echo, idempotencyKey } });
    expect(status).toBe(422);
    expect(body.issues).toMatchObject([{ path: ['idempotencyKey'] }]);
  });
});
