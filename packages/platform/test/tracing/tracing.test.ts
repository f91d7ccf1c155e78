import { createLogger, createMetrics, openTracing, TracedDatabase, type Metrics } from '@reeve/platform';
import { expect, onTestFinished, test } from 'vitest';
import { OtlpReceiver } from '../../../../tests/simulators/otlp-receiver.ts';
import { Secret } from '../../src/config/secret.ts';
import { noteInsert, openTemporary } from '../database/temporary-database.ts';

const log = createLogger({ destination: { write: () => {} } });
const about = { version: '1.2.3', environment: 'test' };
const defaults = { sampleRatio: 1, exportTimeoutMs: 2_000, queueSpans: 10_000 };

type Settings = Parameters<typeof openTracing>[0]['settings'];

async function opened(more: Partial<Settings> = {}) {
  const receiver = await OtlpReceiver.start();
  const metrics = createMetrics({ defaultMetrics: false });
  const tracing = await openTracing({
    settings: { endpoint: receiver.url, ...defaults, ...more },
    metrics,
    log,
    about,
  });
  onTestFinished(async () => {
    await tracing!.close();
    await receiver[Symbol.asyncDispose]();
  });
  return { receiver, metrics, tracing: tracing! };
}

async function count(metrics: Metrics, outcome: string): Promise<number> {
  const line = (await metrics.render()).split('\n').find((text) => text.includes(`spans_total{outcome="${outcome}"}`));
  return Number(line?.split(' ')[1] ?? 0);
}

test('[FD-09] without an endpoint nothing is traced, and no metric says that it could be', async () => {
  const metrics = createMetrics({ defaultMetrics: false });
  expect(await openTracing({ settings: defaults, metrics, log, about })).toBeUndefined();
  expect(await metrics.render()).not.toContain('reeve_tracing');
});

test('[FD-09] what waits at the end of the process is sent, with what the endpoint wants to know', async () => {
  const { receiver, metrics, tracing } = await opened({
    authorization: new Secret({ kind: 'text' }, () => 'Bearer collector'),
  });
  const span = tracing.begin('work', { 'reeve.operation': 'tasks.list' }, undefined)!;
  span.child('part', 'internal').end('storage_unavailable');
  span.end();
  await tracing.close();
  const [part, work] = receiver.spans;
  expect(work).toMatchObject({
    name: 'work',
    parentSpanId: '',
    facts: { 'reeve.operation': 'tasks.list' },
    failed: false,
  });
  expect(part).toMatchObject({
    parentSpanId: work!.spanId,
    failed: true,
    facts: { 'error.type': 'storage_unavailable' },
  });
  expect(work!.resource).toMatchObject({ 'service.version': '1.2.3', 'deployment.environment.name': 'test' });
  expect(receiver.headers[0]).toMatchObject({ authorization: 'Bearer collector', 'content-type': 'application/json' });
  expect(await count(metrics, 'exported')).toBe(2);
});

test('[FD-09] a share of the requests is traced, and those whose caller traces them', async () => {
  const { tracing } = await opened({ sampleRatio: 0.25 });
  const traced = Array.from({ length: 10_000 }, () => tracing.begin('work', {}, undefined)).filter(Boolean);
  // Six standard deviations to either side.
  expect(traced.length).toBeGreaterThan(2_240);
  expect(traced.length).toBeLessThan(2_760);
  const caller = (flags: string): string => `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flags}`;
  for (let times = 0; times < 20; times++) {
    expect(tracing.begin('work', {}, caller('01'))?.traceparent).toContain('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(tracing.begin('work', {}, caller('00'))).toBeUndefined();
  }
});

test('[FD-09] an endpoint that does not answer holds up nobody: the queue is bounded, and what it costs is counted', async () => {
  const { receiver, metrics, tracing } = await opened({ queueSpans: 100, exportTimeoutMs: 300 });
  receiver.status = 0;
  for (let number = 0; number < 1_000; number++) tracing.begin('work', { number }, undefined)!.end();
  expect(await metrics.render()).toContain('reeve_tracing_waiting_spans 100');
  expect(await count(metrics, 'dropped_full')).toBe(900);
  await expect.poll(() => count(metrics, 'dropped_failed')).toBe(100);
  receiver.status = 200;
  tracing.begin('later', {}, undefined)!.end();
  await receiver.until((spans) => spans.some(({ name }) => name === 'later'));
  await expect.poll(() => count(metrics, 'exported')).toBe(1);
});

test('[FD-09] the commit of a unit is a span of what it belongs to, with the code of what refused it', async () => {
  const { receiver, tracing } = await opened();
  const database = new TracedDatabase(await openTemporary());
  const span = tracing.begin('work', {}, undefined)!;
  await database.commit({ statements: [noteInsert('one')], span });
  await expect(database.commit({ statements: [noteInsert('one')], span })).rejects.toMatchObject({
    code: 'expectation_failed',
  });
  await database.commit({ statements: [noteInsert('two')] });
  await tracing.close();
  expect(receiver.spans).toMatchObject([
    { name: 'database.commit', kind: 3, failed: false, facts: { 'db.operation.batch.size': 1, 'reeve.group': 1 } },
    { name: 'database.commit', failed: true, facts: { 'error.type': 'expectation_failed' } },
  ]);
});
