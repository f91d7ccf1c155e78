/** Traces, from the client through the hub to agents and backends, as an endpoint for OTLP gets them. */
import { connectAgent, createClient, type TaskContext } from '@reeve/sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBackendSimulator } from '../simulators/openai-backend.ts';
import { OtlpReceiver, type ReceivedSpan } from '../simulators/otlp-receiver.ts';
import { startHubProcess, startLocalNode, type HubProcess } from './openai/system.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const callerSpan = '00f067aa0ba902b7';

/** A trace that the client begins, and decides to record. */
function callersTrace(number: number): { traceId: string; headers: { traceparent: string } } {
  const traceId = `4bf92f3577b34da6a3ce929d0e0e${String(number).padStart(4, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-${callerSpan}-01` } };
}

describe('a hub that traces', () => {
  let receiver: OtlpReceiver;
  let hub: HubProcess;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    // No request of its own account is traced, only those whose caller says so.
    hub = await startHubProcess({
      REEVE_TRACING_ENDPOINT: receiver.url,
      REEVE_TRACING_SAMPLE_RATIO: '0',
      REEVE_TRACING_EXPORT_TIMEOUT_MS: '500',
    });
  });
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]();
    await receiver?.[Symbol.asyncDispose]();
  });

  const spansOf = async (traceId: string, last: string): Promise<Map<string, ReceivedSpan[]>> => {
    const all = await receiver.until((spans) => spans.some((span) => span.traceId === traceId && span.name === last));
    return Map.groupBy(
      all.filter((span) => span.traceId === traceId),
      ({ name }) => name,
    );
  };

  async function agentThat(handler: (input: unknown, context: TaskContext) => Promise<unknown>, name: string) {
    const offer = { name, capabilities: [{ name }], slots: 1 };
    return connectAgent({ url: hub.url, apiKey: hub.apiKey, offer, handler, log: silent });
  }

  test('[FD-07 correlation] [FD-09] follows a task from its client to each attempt of an agent, and hands the trace on', async () => {
    const seen: Array<string | undefined> = [];
    await using _ = await agentThat(async (_input, { attempt, traceparent }) => {
      seen.push(traceparent);
      if (attempt === 1) throw Object.assign(new Error('not yet'), { retryable: true });
      return 'done';
    }, 'traced');
    const client = createClient(hub);
    const { traceId, headers } = callersTrace(1);
    const backoff = { initialDelayMs: 0 };
    const { id } = await client.tasks.create({ requires: [{ name: 'traced' }], backoff }, { headers });
    await client.tasks.show({ id, waitMs: 20_000 });
    const spans = await spansOf(traceId, 'task');
    const [request] = spans.get('POST /v1/tasks')!;
    expect(request).toMatchObject({
      parentSpanId: callerSpan,
      kind: 2,
      failed: false,
      facts: {
        'http.response.status_code': 201,
        'reeve.operation': 'tasks.create',
        'reeve.correlation_id': expect.any(String),
      },
      resource: { 'service.name': 'reeve', 'deployment.environment.name': 'development' },
    });
    const [task] = spans.get('task')!;
    expect(task).toMatchObject({
      parentSpanId: request!.spanId,
      failed: false,
      facts: { 'reeve.task.id': id, 'reeve.task.state': 'succeeded' },
    });
    const attempts = spans
      .get('attempt')!
      .toSorted((one, two) => Number(one.facts['reeve.attempt']) - Number(two.facts['reeve.attempt']));
    expect(attempts).toMatchObject([
      { parentSpanId: task!.spanId, failed: true, facts: { 'reeve.attempt': 1, 'error.type': expect.any(String) } },
      {
        parentSpanId: task!.spanId,
        failed: false,
        facts: { 'reeve.attempt': 2, 'reeve.agent.id': expect.any(String) },
      },
    ]);
    expect(seen).toEqual(attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`));
    const commits = spans.get('database.commit')!;
    expect(commits.map(({ parentSpanId }) => parentSpanId).sort()).toEqual(
      [request!.spanId, ...attempts.map(({ spanId }) => spanId)].sort(),
    );
    for (const { facts, durationMs } of commits) {
      expect(facts).toMatchObject({ 'db.system.name': 'sqlite', 'reeve.group': expect.any(Number) });
      expect(durationMs).toBeGreaterThanOrEqual(Number(facts['reeve.group.write_ms']) * 0.5);
    }
  });

  test('[FD-09] a chat request is one trace, down to the request that the backend of the node gets', async () => {
    await using backend = await startBackendSimulator();
    await using _ = await startLocalNode(hub, backend.url);
    const { traceId, headers } = callersTrace(2);
    const asked = backend.next('request');
    const answer = await fetch(`${hub.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${hub.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'sim-small', stream: true, messages: [{ role: 'user', content: 'Hello' }] }),
    });
    await answer.text();
    const spans = await spansOf(traceId, 'POST /v1/chat/completions');
    const [request] = spans.get('POST /v1/chat/completions')!;
    expect(request!.facts).toMatchObject({
      'gen_ai.request.model': 'sim-small',
      'reeve.operation': 'chat.complete',
      'reeve.first_chunk_ms': expect.any(Number),
    });
    const [attempt] = (await spansOf(traceId, 'attempt')).get('attempt')!;
    expect((await asked).headers['traceparent']).toBe(`00-${traceId}-${attempt!.spanId}-01`);
  });

  test('[FD-09] a caller that does not want its trace, or sends what is none, is served and not traced', async () => {
    const client = createClient(hub);
    const { traceId } = callersTrace(3);
    const unwanted = ['00', traceId, callerSpan, '00'].join('-');
    for (const traceparent of [unwanted, 'nonsense', `00-${'0'.repeat(32)}-${callerSpan}-01`])
      await client.tasks.list({}, { headers: { traceparent } });
    const { headers, traceId: last } = callersTrace(4);
    await client.tasks.list({}, { headers });
    await spansOf(last, 'GET /v1/tasks');
    expect(receiver.spans.filter(({ name }) => name === 'GET /v1/tasks')).toHaveLength(1);
  });

  test('[FD-09] an endpoint that is gone costs spans, which are counted, and no work', async () => {
    await using _ = await agentThat(async () => 'done', 'untold');
    const { port } = receiver;
    await receiver[Symbol.asyncDispose]();
    const client = createClient(hub);
    const tasks = Array.from({ length: 50 }, () => ({ requires: [{ name: 'untold' }] }));
    const { ids } = await client.tasks.createBatch({ tasks }, { headers: callersTrace(5).headers });
    let ended = 0;
    for await (const result of client.tasks.results(ids))
      ended += 'state' in result && result.state === 'succeeded' ? 1 : 0;
    expect(ended).toBe(50);
    await expect.poll(() => metric(hub, 'reeve_tracing_spans_total{outcome="dropped_failed"}')).toBeGreaterThan(0);
    receiver = await OtlpReceiver.start(port);
    // Back again: what ends from now on arrives.
    const { traceId, headers } = callersTrace(6);
    await client.tasks.list({}, { headers });
    await spansOf(traceId, 'GET /v1/tasks');
  });
});

async function metric({ url }: HubProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? 0,
  );
}
