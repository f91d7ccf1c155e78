import { setTimeout as passed } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLifecycle, stopStages } from '../../src/lifecycle/create-lifecycle.ts';
import type { StopStage } from '../../src/lifecycle/lifecycle.ts';
import { capturedLog } from '../log/captured.ts';

function lifecycleWith(graceMs: number) {
  const { log, lines } = capturedLog();
  return { lifecycle: createLifecycle({ graceMs, log }), lines };
}

const never = (): Promise<void> => new Promise(() => undefined);

test('[FD-08] stages stop in order, whatever the order in which parts registered', async () => {
  const { lifecycle } = lifecycleWith(1_000);
  const order: string[] = [];
  for (const stage of [...stopStages].reverse())
    lifecycle.onStop(stage, stage, async () => {
      await passed(5);
      order.push(stage);
    });
  expect(await lifecycle.stop('test')).toEqual([]);
  expect(order).toEqual(['intake', 'work', 'connections', 'storage', 'telemetry']);
});

test('[FD-10 concurrent] within a stage everything stops at once', async () => {
  const { lifecycle } = lifecycleWith(1_000);
  const both = Promise.withResolvers<void>();
  let waiting = 0;
  for (const name of ['a', 'b'])
    lifecycle.onStop('work', name, () => {
      if (++waiting === 2) both.resolve();
      return both.promise;
    });
  expect(await lifecycle.stop('test')).toEqual([]);
});

test('what throws, rejects or does not end is reported, and all else still stops, within the grace', async () => {
  const { lifecycle, lines } = lifecycleWith(400);
  const stopped: StopStage[] = [];
  lifecycle.onStop('intake', 'thrower', () => {
    throw new Error('closed already');
  });
  lifecycle.onStop('work', 'stuck', never);
  lifecycle.onStop('storage', 'rejecter', () => Promise.reject(new Error('disk gone')));
  for (const stage of stopStages) lifecycle.onStop(stage, 'good', async () => void stopped.push(stage));
  const startedMs = performance.now();
  const failures = await lifecycle.stop('test');
  expect(performance.now() - startedMs).toBeLessThan(10_000); // `stuck` never ends
  expect(stopped).toEqual(stopStages);
  expect(failures).toMatchObject([
    { stage: 'intake', name: 'thrower', reason: 'closed already' },
    { stage: 'work', name: 'stuck', reason: expect.stringMatching(/^did not stop within \d+ms$/) },
    { stage: 'storage', name: 'rejecter', reason: 'disk gone' },
  ]);
  expect(lines().at(-1)).toMatchObject({ level: 'error', reason: 'test', failures });
});

test('work that does not end leaves the storage time to close', async () => {
  const { lifecycle } = lifecycleWith(1_000);
  let closed = false;
  lifecycle.onStop('intake', 'stuck', never);
  lifecycle.onStop('work', 'stuck too', never);
  lifecycle.onStop('storage', 'database', async () => {
    await passed(25);
    closed = true;
  });
  const failures = await lifecycle.stop('test');
  expect(failures.map(({ name }) => name)).toEqual(['stuck', 'stuck too']);
  expect(closed).toBe(true);
});

test('stopping is announced before the first stage, and happens once however often it is asked for', async () => {
  const { lifecycle } = lifecycleWith(1_000);
  let stops = 0;
  let announced: boolean | undefined;
  lifecycle.onStop('intake', 'door', () => {
    stops += 1;
    announced = lifecycle.stopping.aborted;
  });
  expect(lifecycle.stopping.aborted).toBe(false);
  const [first, second] = await Promise.all([lifecycle.stop('a'), lifecycle.stop('b')]);
  expect([stops, announced, first === second]).toEqual([1, true, true]);
});

test('what is opened while the end is under way is stopped too, and waited for', async () => {
  const { lifecycle } = lifecycleWith(1_000);
  const stopped: string[] = [];
  lifecycle.onStop('storage', 'database', () => {
    // A start that the signal overtook: its stage has begun already, or is still to come.
    lifecycle.onStop('intake', 'late door', async () => {
      await passed(30);
      stopped.push('late door');
    });
    lifecycle.onStop('telemetry', 'late log', () => void stopped.push('late log'));
    lifecycle.onStop('work', 'late fault', () => Promise.reject(new Error('half open')));
  });
  const failures = await lifecycle.stop('test');
  expect(stopped.sort()).toEqual(['late door', 'late log']);
  expect(failures).toEqual([{ stage: 'work', name: 'late fault', reason: 'half open' }]);
});
