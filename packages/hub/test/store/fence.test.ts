import { ExpectationFailed, type UnitStatement } from '@reeve/platform';
import { expect, test } from 'vitest';
import { buryTask, endTask, releaseTask, succeedTask } from '../../src/store/finish-task.ts';
import { leaseTask } from '../../src/store/lease-task.ts';
import { sealedError, sealedOutput } from '../../src/store/payloads.ts';
import { startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';

// What holds when nobody's memory does: another process, or one that was frozen, writes with what it knew.

const seq = 1;
const agent_id = '01900000-0000-7000-8000-00000000000a';
const finished_at_ms = Date.now();
const error = sealedError(seq, { code: 'late', message: 'late', retryable: true });

const lease = (fence: number) => leaseTask.bind({ seq, fence, attempt: 1, agent_id, leased_at_ms: 1 });
const success = (fence: number) =>
  succeedTask.bind({ seq, fence, output: sealedOutput(seq, `"under ${fence}"`), finished_at_ms });
const failure = (fence: number) => buryTask.bind({ seq, fence, error, finished_at_ms });
const release = (fence: number) =>
  releaseTask.bind({ seq, fence, attempt: 0, state: 'queued', error, run_at_ms: null });
const cancel = () => endTask.bind({ seq, state: 'cancelled', error, finished_at_ms });

/** Whether the record takes it: one row, or none. */
async function taken({ database }: HubUnderTest, statement: UnitStatement): Promise<boolean> {
  try {
    await database.commit({ statements: [{ ...statement, expectRows: 1 }] });
    return true;
  } catch (refused) {
    if (ExpectationFailed.is(refused)) return false;
    throw refused;
  }
}

test('[HB-08 fence] [LD-03 result] the record takes an ending under the newest fence only, whoever writes it', async () => {
  const hub = await startHub();
  const id = await submit(hub);
  expect(await taken(hub, lease(10))).toBe(true);
  expect(await taken(hub, lease(20))).toBe(true);
  for (const late of [success(10), failure(10), release(10)]) expect(await taken(hub, late)).toBe(false);
  expect((await hub.client.tasks.show({ id })).state).toBe('leased');
  expect(await taken(hub, success(20))).toBe(true);
  expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'succeeded', output: 'under 20', fence: 20 });
});

test('[LD-03 lease] a lease under an older fence than one that was written is none', async () => {
  const hub = await startHub();
  await submit(hub);
  expect(await taken(hub, lease(20))).toBe(true);
  expect(await taken(hub, lease(19))).toBe(false);
  expect(await taken(hub, lease(20))).toBe(false);
});

test('[HB-08 exactly-once] what has ended ends no second time, under whatever fence', async () => {
  const hub = await startHub();
  const id = await submit(hub);
  await taken(hub, lease(10));
  expect(await taken(hub, success(10))).toBe(true);
  for (const second of [success(10), failure(10), release(10), cancel(), lease(11)])
    expect(await taken(hub, second)).toBe(false);
  expect(await hub.client.tasks.show({ id })).toMatchObject({ state: 'succeeded', output: 'under 10' });
});
