import { describe, expect, test } from 'vitest';
import { rawAgent } from '../kit/agents.ts';
import { sharedHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended } from '../kit/waiting.ts';

const shared = sharedHub();
const echo = { requires: [{ name: 'echo' }], allowUnknown: true };
/** As JSON text: the quotes count. */
const limitBytes = 256 * 1024;
const large = 'x'.repeat(300 * 1024);

/** Tasks that are known, and events that were written: a refused request adds to neither. */
async function kept({ client, metric }: HubUnderTest) {
  const { items } = await client.events.list({ limit: 1_000 });
  return { events: items.length, submitted: await metric('reeve_hub_tasks_submitted_total') };
}

describe('the input of a task', () => {
  test('[FD-01 input] of 300 KiB is refused with 413 and both sizes, alone and in a batch, and nothing is kept', async () => {
    const hub = shared();
    const before = await kept(hub);
    const refused = {
      status: 413,
      body: { code: 'too_large', retryable: false, details: { sizeBytes: large.length + 2, limitBytes } },
    };
    expect(await hub.call('POST', '/v1/tasks', { body: { ...echo, input: large } })).toMatchObject(refused);
    const tasks = [echo, { ...echo, input: large }, echo];
    expect(await hub.call('POST', '/v1/tasks/batch', { body: { tasks } })).toMatchObject(refused);
    expect(await kept(hub)).toEqual(before);
  });

  test('[FD-01 input] is measured in bytes, and may be as large as the limit', async () => {
    const hub = shared();
    const most = 'x'.repeat(limitBytes - 2);
    const umlauts = 'ü'.repeat(limitBytes / 2);
    expect((await hub.call('POST', '/v1/tasks', { body: { ...echo, input: umlauts } })).status).toBe(413);
    const agent = await rawAgent(hub, { name: 'large', capabilities: [{ name: 'large' }] });
    const id = await submit(hub, { requires: [{ name: 'large' }], input: most });
    const lease = await agent.next('lease');
    expect(lease.input).toBe(most);
    agent.succeed(lease, most);
    expect((await ended(hub, id)).output).toBe(most);
  });
});

test.each<[string, object, string]>([
  ['no requirement', { requires: [] }, 'requires'],
  ['21 requirements', { requires: Array.from({ length: 21 }, (_, at) => ({ name: `c${at}` })) }, 'requires'],
  ['one requirement twice', { requires: [{ name: 'a' }, { name: 'a' }] }, 'requires'],
  ['a reserved capability', { requires: [{ name: 'fine' }, { name: 'admin' }] }, 'requires.1.name'],
  ['minimum proficiency 1.2', { requires: [{ name: 'a', minProficiency: 1.2 }] }, 'requires.0.minProficiency'],
  ['a price that is no whole number', { constraints: { maxPriceMicroUsd: '1.5' } }, 'constraints.maxPriceMicroUsd'],
  ['a priority that does not exist', { priority: 'urgent' }, 'priority'],
  ['no attempts', { maxAttempts: 0 }, 'maxAttempts'],
  ['a time-out of nothing', { timeoutMs: 0 }, 'timeoutMs'],
  ['a backoff that shrinks', { backoff: { factor: 0.5 } }, 'backoff.factor'],
  ['a time in words', { runAtMs: 'tomorrow' }, 'runAtMs'],
  ['a misspelt member', { priorty: 'high' }, 'priorty'],
  ['U+0000 in its kind', { kind: 'a\0b' }, 'kind'],
])('[FD-01 input] a task with %s is refused with the path of the fault', async (_, change, path) => {
  const { status, body } = await shared().call('POST', '/v1/tasks', { body: { ...echo, ...change } });
  expect([status, body.code]).toEqual([422, 'invalid_input']);
  expect(body.issues.map((issue: { path: unknown[] }) => issue.path.join('.'))).toEqual([path]);
});

describe('U+0000, which not every database has a place for', () => {
  test('[FD-01 input] is refused in what a list is asked for', async () => {
    const hub = shared();
    const questions = ['/v1/tasks?kind=a%00b', '/v1/events?type=a%00b', '/v1/events?subject=a%00b'];
    const answers = await Promise.all(questions.map((path) => hub.call('GET', path)));
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
      Array(questions.length).fill([422, 'invalid_input']),
    );
  });

  test('[FD-01 input] comes through where any JSON value may stand, from the input to the output', async () => {
    const hub = shared();
    const agent = await rawAgent(hub, { name: 'binary', capabilities: [{ name: 'binary' }] });
    const requires = [{ name: 'binary' }];
    const id = await submit(hub, { requires, input: { 'a\0': '\0' }, labels: { note: 'a\0b' } });
    const lease = await agent.next('lease');
    expect(lease.input).toEqual({ 'a\0': '\0' });
    agent.succeed(lease, ['\0']);
    expect(await ended(hub, id)).toMatchObject({ output: ['\0'], labels: { note: 'a\0b' } });
    const failing = await submit(hub, { requires, maxAttempts: 1 });
    agent.fail(await agent.next('lease'), { code: 'a\0', message: '\0' });
    expect(await ended(hub, failing)).toMatchObject({ state: 'dead', error: { code: 'a\0', message: '\0' } });
    const cancelled = await submit(hub, { requires: [{ name: 'nobody' }] });
    expect(await hub.client.tasks.cancel({ id: cancelled, reason: '\0' })).toMatchObject({ error: { message: '\0' } });
  });
});
