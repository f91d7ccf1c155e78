import { expect, test } from 'vitest';
import { startBackendSimulator } from '../../simulators/openai-backend.ts';
import { socketsOf } from './sockets.ts';
import { openAi, startHub, startNode } from './system.ts';

test('[MK-01 nat] a node serves although nobody could connect to it: it listens on nothing and only goes out', async () => {
  await using backend = await startBackendSimulator();
  await using hub = await startHub();
  await using node = await startNode(hub, backend.url);
  const stream = await openAi(hub).chat.completions.create({
    model: 'sim-small',
    messages: [{ role: 'user', content: 'hello' }],
    stream: true,
  });
  let finished: string | null | undefined;
  for await (const { choices } of stream) finished = choices[0]?.finish_reason;
  expect(finished).toBe('stop');

  const sockets = socketsOf(node.pid);
  const outward = [hub.url, backend.url].map((url) => Number(new URL(url).port));
  expect(sockets.filter(({ listens, protocol }) => listens || protocol === 'udp')).toEqual([]);
  expect(outward).toEqual(expect.arrayContaining(sockets.map(({ remotePort }) => remotePort)));
  // That the look sees something: the node's way to the hub, and the door of the hub, which is in this process.
  expect(sockets.map(({ remotePort }) => remotePort)).toContain(outward[0]);
  expect(socketsOf(process.pid).some(({ listens }) => listens)).toBe(true);
});
