/** Streams that are late in beginning: a second node answers, the client sees one answer, and one node is paid. */
import { createClient } from '@reeve/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBackendSimulator, type BackendSimulator } from '../../simulators/openai-backend.ts';
import { openAi, startHub, startNode, type TestHub } from './system.ts';
import { eventually } from './waiting.ts';

const text = 'Hello from the simulated backend – grüß dich';
const price = { inputMicroUsd: '1000000', outputMicroUsd: '1000000' };
const names = ['one', 'other'];

let hub: TestHub;
let backends: BackendSimulator[];
let nodes: AsyncDisposable[];
beforeAll(async () => {
  hub = await startHub({ REEVE_GATEWAY_HEDGING_MIN_SAMPLES: '4', REEVE_GATEWAY_HEDGING_MAX_SHARE: '1' });
  backends = [await startBackendSimulator(), await startBackendSimulator()];
  nodes = await Promise.all(backends.map(({ url }, at) => startNode(hub, url, { name: names[at], price })));
});
afterAll(async () => {
  for (const part of [...nodes, hub, ...backends]) await part[Symbol.asyncDispose]();
});

async function ask(routing: object = {}): Promise<{ said: string; headers: Headers }> {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const body = { model: 'sim-small', messages, stream: true as const, reeve: routing };
  const { data, response } = await openAi(hub).chat.completions.create(body).withResponse();
  let said = '';
  for await (const { choices } of data) said += choices[0]?.delta.content ?? '';
  return { said, headers: response.headers };
}

test('[MK-03 hedging] one answer comes, of the second node, and the first stops at once and is not paid', async () => {
  for (let count = 0; count < 4; count++) expect((await ask()).headers.get('x-reeve-hedged')).toBeNull();
  await ask({ nodes: [names[0]] }); // the conversation goes on there
  backends[0]!.behave({ fault: 'stall-first-byte' });
  const stopped = backends[0]!.next('abort');
  const { said, headers } = await ask();
  expect(said).toBe(text);
  expect(headers.get('x-reeve-hedged')).toBe('true');
  await stopped;

  const client = createClient({ url: hub.url, apiKey: await hub.keyWith('*') });
  const taskId = headers.get('x-reeve-task')!;
  const receipts = await eventually(
    async () => (await client.receipts.list({ limit: 500 })).items.filter((receipt) => receipt.taskId === taskId),
    ({ length }) => length === 2,
  );
  expect(new Set(receipts.map(({ fence }) => fence)).size, 'one fence').toBe(1);
  expect(receipts.map(({ outcome }) => outcome).sort()).toEqual(['idle', 'served']);
  for (const { outcome, costMicroUsd, disputed } of receipts) {
    expect(disputed).toBeUndefined();
    expect(costMicroUsd === '0').toBe(outcome === 'idle');
  }
  const { agentId } = await client.tasks.show({ id: taskId });
  expect(agentId, 'who answered is on record').toBe(headers.get('x-reeve-node'));
});
