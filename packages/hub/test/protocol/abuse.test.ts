import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { agentProtocol, closeCodes } from '../../src/api/index.ts';
import { rawAgent, startAgent } from '../kit/agents.ts';
import { defaultOffer, RawAgent, type Frame } from '../kit/raw-agent.ts';
import { sharedHub, startHub, type HubUnderTest } from '../kit/start-hub.ts';
import { submit } from '../kit/tasks.ts';
import { ended, eventually } from '../kit/waiting.ts';

/** After whatever an agent did, another one works as if nothing had been. */
async function goesOn(hub: HubUnderTest): Promise<void> {
  const agent = await startAgent(hub, async (input) => input, { offer: { name: 'another' } });
  const id = await submit(hub, { input: 'still here' });
  expect((await ended(hub, id)).output).toBe('still here');
  await agent.stop({ drain: false });
}

const hello: Frame = { type: 'hello', offer: defaultOffer };
const fence = { taskId: '01900000-0000-7000-8000-000000000001', fence: 1 };

/** The abuse of one agent leaves nothing behind that another would notice. */
const shared = sharedHub();

describe('what breaks the protocol closes that connection with 4400, says why, and the hub goes on', () => {
  test.each<[string, string | Buffer, RegExp]>([
    ['no JSON', 'GET / HTTP/1.1', /must be JSON/],
    ['half of a JSON text', '[{"type":"hello","offer":{"na', /must be JSON/],
    ['a frame without its array', JSON.stringify(hello), /array of 1–10000 frames/],
    ['an empty array', '[]', /array of 1–10000 frames/],
    ['too many frames', JSON.stringify(Array.from({ length: 10_001 }, () => 1)), /array of 1–10000 frames/],
    ['a frame of an unknown type', '[{"type":"takeover"}]', /frame 0 is not one of reeve\.agent\.v1/],
    ['a frame before hello', '[{"type":"heartbeat"}]', /first frame must be hello/],
    ['a result before hello', JSON.stringify([{ type: 'succeeded', ...fence }]), /first frame must be hello/],
    ['binary', Buffer.from('[{"type":"heartbeat"}]'), /text, not binary/],
    ['nesting that no parser likes', `[${'['.repeat(200_000)}${']'.repeat(200_000)}]`, /./],
    ['a name of 101 characters', offering({ name: 'x'.repeat(101) }), /offer\.name/],
    ['51 capabilities', offering({ capabilities: many(51) }), /offer\.capabilities/],
    ['proficiency 1.2', offering({ capabilities: [{ name: 'a', proficiency: 1.2 }] }), /capabilities\.0\.proficiency/],
    ['a reserved capability', offering({ capabilities: [{ name: 'admin' }] }), /reserved/],
  ])('[HB-01] %s', async (_, message, why) => {
    const hub = shared();
    const before = await hub.metric('reeve_hub_protocol_violations_total');
    const agent = new RawAgent(hub.url, hub.key);
    await agent.opened;
    agent.sendText(message);
    expect(await agent.next('goodbye')).toMatchObject({
      code: 'protocol_violation',
      message: expect.stringMatching(why),
    });
    expect(await agent.closed).toMatchObject({ code: closeCodes.protocolViolation });
    expect(await hub.metric('reeve_hub_protocol_violations_total')).toBe(before + 1);
    await goesOn(hub);
  });

  test('[HB-01] hello twice, in one message or in two', async () => {
    const hub = await startHub();
    const agents = [new RawAgent(hub.url, hub.key), new RawAgent(hub.url, hub.key)];
    await Promise.all(agents.map((agent) => agent.opened));
    agents[0]!.send({ type: 'hello', offer: { ...defaultOffer, name: 'one' } }, hello);
    agents[1]!.send({ type: 'hello', offer: { ...defaultOffer, name: 'two' } });
    await agents[1]!.next('welcome');
    agents[1]!.send(hello);
    for (const agent of agents) expect((await agent.closed).code).toBe(closeCodes.protocolViolation);
    await goesOn(hub);
  });

  test('[HB-01] a field of the wrong kind in the middle of good frames: those before it count, those after it do not', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub, { slots: 3 });
    const ids = [await submit(hub), await submit(hub), await submit(hub)];
    const leases = [await agent.next('lease'), await agent.next('lease'), await agent.next('lease')];
    const [first, second, third] = leases.map(({ taskId, fence: of }) => ({ type: 'succeeded', taskId, fence: of }));
    agent.send(first!);
    await agent.next('accepted');
    agent.send(second!, { ...third!, fence: 'seven' }, third!);
    expect((await agent.closed).code).toBe(closeCodes.protocolViolation);
    expect((await hub.client.tasks.show({ id: ids[0]! })).state).toBe('succeeded');
    expect((await hub.client.tasks.show({ id: ids[2]! })).state).toBe('leased');
  });
});

describe('what never arrives', () => {
  test('[HB-01] no hello, and half a WebSocket frame and then silence: closed when the time is up, others are not', async () => {
    const hub = await startHub();
    const patient = await startAgent(hub, async () => 'done', { offer: { name: 'patient' } });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const silent = new RawAgent(hub.url, hub.key);
    const half = new RawAgent(hub.url, hub.key);
    await Promise.all([silent.opened, half.opened]);
    underlying(half).write(Buffer.from([0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4, 0x5b])); // text of 4 KiB, 1 byte of it
    vi.advanceTimersByTime(agentProtocol.helloTimeoutMs - 1);
    await hub.client.hub.status();
    expect([silent.socket.readyState, half.socket.readyState]).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
    vi.advanceTimersByTime(1);
    const [one, other] = await Promise.all([silent.closed, half.closed]);
    vi.useRealTimers();
    expect(one).toMatchObject({ code: closeCodes.helloTimeout, reason: /no hello/ });
    expect(other.code).toBe(closeCodes.helloTimeout);
    expect(patient.state).toBe('online');
    await ended(hub, await submit(hub));
  });

  test('[HB-01] half a request to upgrade and then silence holds nothing up', async () => {
    const hub = await startHub();
    const { hostname, port } = new URL(hub.url);
    const socket = connect(Number(port), hostname);
    onTestFinished(() => void socket.destroy());
    socket.write('GET /v1/agents/connect HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnec');
    await goesOn(hub);
  });
});

describe('what is too much', () => {
  test('[HB-01] a frame of 100 MB is refused by its header with 1009, before it is read', async () => {
    const hub = await startHub();
    const agent = await rawAgent(hub);
    underlying(agent).write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x06, 0x40, 0, 0, 1, 2, 3, 4])); // text of 100 MiB
    expect((await agent.closed).code).toBe(closeCodes.messageTooBig);
    await goesOn(hub);
  });

  test('[HB-01] an agent that stops reading is cut off with 4429 when messages for it pile up; others go on', async () => {
    const hub = await startHub({ settings: { leaseTtlMs: 1_000, heartbeatMs: 200 } });
    const deaf = await rawAgent(hub, { name: 'deaf', capabilities: [{ name: 'bulk' }], slots: 1_000 });
    deaf.beat(100);
    deaf.socket.pause();
    const input = 'x'.repeat(200_000);
    const tasks = Array.from({ length: 100 }, () => ({ requires: [{ name: 'bulk' }], input }));
    const { ids } = await hub.client.tasks.createBatch({ tasks });
    await goesOn(hub);
    await eventually(
      async () => (await agentNamed(hub, 'deaf')).connected,
      (connected) => !connected,
    );
    deaf.socket.resume();
    expect((await deaf.closed).code).toBe(closeCodes.tooSlow);
    // What it was given is given to another, whose name is its own.
    const good = await startAgent(hub, async () => 'done', {
      offer: { name: 'good', capabilities: [{ name: 'bulk' }], slots: 50 },
    });
    const last = await Promise.all(ids.map((id) => ended(hub, id)));
    expect(new Set(last.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(good.state).toBe('online');
  });

  test('[HB-01] 300 agents at once are all taken in, and each gets work', async () => {
    const hub = await startHub();
    const agents = await Promise.all(
      Array.from({ length: 300 }, (_, number) =>
        rawAgent(hub, { name: `agent ${number}`, capabilities: [{ name: `own.${number}` }, { name: 'echo' }] }),
      ),
    );
    expect((await hub.client.hub.status()).agents.online).toBe(300);
    const tasks = agents.map((_, number) => ({ requires: [{ name: `own.${number}` }], input: number }));
    await hub.client.tasks.createBatch({ tasks });
    const leases = await Promise.all(agents.map((agent) => agent.next('lease')));
    expect(leases.map(({ input }) => input)).toEqual(agents.map((_, number) => number));
  });
});

async function agentNamed(hub: HubUnderTest, name: string) {
  const { items } = await hub.client.agents.list({ limit: 500 });
  return items.find((agent) => agent.name === name)!;
}

function offering(offer: object): string {
  return JSON.stringify([{ type: 'hello', offer: { ...defaultOffer, ...offer } }]);
}

function many(count: number) {
  return Array.from({ length: count }, (_, number) => ({ name: `capability.${number}` }));
}

function underlying(agent: RawAgent): Socket {
  return (agent.socket as unknown as { _socket: Socket })._socket;
}
