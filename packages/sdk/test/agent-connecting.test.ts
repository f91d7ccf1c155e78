import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { closeCodes } from '@reeve/hub/api';
import { InvalidInput, type ReeveError } from '@reeve/kernel';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSocket as browserSocket } from '../src/socket/browser.ts';
import { type Handler } from '../src/index.ts';
import { AgentHarness } from './agent-harness.ts';
import { lease, WireHub } from './wire-hub.ts';

const echo: Handler = async (input) => input;

let harness: AgentHarness;
beforeEach(async () => {
  harness = await AgentHarness.open();
});
afterEach(() => harness[Symbol.asyncDispose]());

describe('hello', () => {
  test('carries key and offer, and the hub says who the agent is', async () => {
    const beginning = harness.begin(echo);
    const connection = await harness.hub.connection();
    const hello = await connection.welcome();
    const agent = await beginning;
    expect(connection.authorization).toBe('Bearer rv_test');
    expect(connection.socket.protocol).toBe('reeve.agent.v1');
    expect(hello['offer']).toMatchObject({ name: 'echo-1', slots: 4 });
    expect(hello['resume']).toEqual([]);
    expect(agent.agentId).toMatch(/a9e7$/);
    expect(agent.state).toBe('online');
  });

  test('carries the key as a subprotocol where headers cannot be set', async () => {
    const [, connection] = await harness.online(echo, { socket: browserSocket });
    expect(connection.offered?.split(/,\s*/)).toEqual(['reeve.agent.v1', 'reeve.key.rv_test']);
    connection.send(lease('from a browser'));
    expect(await connection.next('succeeded')).toMatchObject({ output: 'from a browser' });
  });

  test('an offer that is not valid is refused before anything is sent', async () => {
    const offer = { name: 'x', capabilities: [{ name: 'admin', proficiency: 1.2 }] };
    const error = await harness.begin(echo, { offer }).catch((thrown: unknown) => thrown);
    expect(InvalidInput.is(error)).toBe(true);
    const paths = (error as ReeveError).issues!.map(({ path }) => path.join('.'));
    expect(paths).toEqual(['offer.capabilities.0.name', 'offer.capabilities.0.proficiency']);
  });

  test('every capability that is offered needs a handler', async () => {
    const offer = { name: 'two', capabilities: [{ name: 'echo' }, { name: 'shout' }] };
    const options = { offer, handler: undefined as never, handlers: { echo } };
    await expect(harness.begin(echo, options as never)).rejects.toThrow('without a handler: shout');
  });

  test('what is no address of a hub is refused', async () => {
    await expect(harness.begin(echo, { url: 'localhost:4400' })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('a hub that refuses', () => {
  test.each([
    ['not permitted', closeCodes.notPermitted],
    ['removed', closeCodes.removed],
    ['replaced', closeCodes.replaced],
    ['an offer it cannot read', closeCodes.protocolViolation],
  ])('[FD-02 permanent] %s ends the agent with the reason the hub gave', async (_, code) => {
    const beginning = harness.begin(echo);
    const connection = await harness.hub.connection();
    await connection.next('hello');
    connection.send({ type: 'goodbye', code: 'because', message: 'the hub has its reasons' });
    connection.socket.close(code);
    const message = expect.stringContaining('the hub has its reasons') as string;
    await expect(beginning).rejects.toMatchObject({ code: 'agent_refused', message });
  });

  test.each([401, 403, 404])('[FD-02 permanent] an upgrade answered with %i is not tried again', async (status) => {
    let asked = 0;
    const server = createServer().on('upgrade', (_, socket) => {
      asked++;
      socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(harness.begin(echo, { url })).rejects.toMatchObject({ code: 'agent_refused' });
    expect(asked).toBe(1);
    server.close();
  });

  test('an agent that is replaced while it works ends and says so', async () => {
    const [agent, connection] = await harness.online(echo);
    connection.socket.close(closeCodes.replaced, 'a namesake');
    expect(await agent.closed).toMatchObject({ kind: 'refused', error: { code: 'agent_refused' } });
    expect(agent.state).toBe('closed');
  });
});

describe('a connection that fails', () => {
  test('[FD-02 transient] is made again until the hub is there', async () => {
    const { port } = harness.hub;
    await harness.hub.close();
    const waits: number[] = [];
    const beginning = harness.begin(echo, {
      onState: (state, { retryInMs }) => void (state === 'waiting' && waits.push(retryInMs!)),
      reconnect: { initialDelayMs: 8, maxDelayMs: 64 },
    });
    await expect.poll(() => waits.length).toBeGreaterThan(5);
    harness.hub = await WireHub.listen(port);
    await (await harness.hub.connection()).welcome();
    expect((await beginning).state).toBe('online');
    // Each at least half of 8, 16, 32, 64, 64 …: the rest is jitter.
    expect(waits.slice(0, 5).every((waitMs, at) => waitMs >= Math.min(64, 8 * 2 ** at) / 2)).toBe(true);
    expect(Math.max(...waits)).toBeLessThanOrEqual(64);
  });

  test('can be given up', async () => {
    await harness.hub.close();
    const aborter = new AbortController();
    const waiting = Promise.withResolvers<void>();
    const onState = (state: string): void => void (state === 'waiting' && waiting.resolve());
    const beginning = harness.begin(echo, { signal: aborter.signal, onState });
    await waiting.promise;
    aborter.abort();
    await expect(beginning).rejects.toMatchObject({ code: 'call_aborted' });
    harness.hub = await WireHub.listen();
  });

  test('[HB-08] a hub that is silent is taken for gone', async () => {
    const beginning = harness.begin(echo);
    const connection = await harness.hub.connection();
    await connection.welcome({ heartbeatMs: 20 });
    await beginning;
    await connection.next('heartbeat');
    await connection.next('heartbeat');
    await harness.nextConnection(); // no reply to the heartbeats: the agent connects anew
    expect(await connection.closed).toMatchObject({ code: 1006 });
  });

  test('heartbeats that are answered keep the connection', async () => {
    const beginning = harness.begin(echo);
    const connection = await harness.hub.connection();
    await connection.welcome({ heartbeatMs: 10 });
    const agent = await beginning;
    for (let beat = 0; beat < 12; beat++) {
      await connection.next('heartbeat');
      connection.send({ type: 'heartbeat' });
    }
    expect(agent.state).toBe('online');
  });
});

describe('garbage from the hub', () => {
  const { taskId, fence } = lease(0);
  const garbage: Array<[string, string | Buffer]> = [
    ['text that is not JSON', '[{"type":"lease"'],
    ['no array', '{"type":"heartbeat"}'],
    ['a frame that is null', '[null]'],
    ['an unknown type', '[{"type":"promote"}]'],
    ['a type of another direction', '[{"type":"hello"}]'],
    ['a lease without a fence', JSON.stringify([{ ...lease(1), fence: undefined }])],
    ['a fence that is not whole', JSON.stringify([{ ...lease(1), fence: 1.5 }])],
    ['an id that would break a frame', JSON.stringify([{ ...lease(1), taskId: '","x":"' }])],
    ['a time-out that is no number', JSON.stringify([{ ...lease(1), timeoutMs: '5' }])],
    ['a negative credit', JSON.stringify([{ type: 'credit', taskId, fence, amount: -5 }])],
    ['a second welcome', JSON.stringify([{ type: 'welcome', agentId: 'x', heartbeatMs: 1, leaseTtlMs: 1, kept: [] }])],
    ['binary', Buffer.from([1, 2, 3])],
    ['a message beyond the limit', `["${'x'.repeat(5 * 1024 * 1024)}"]`],
  ];

  test.each(garbage)('%s: the connection is closed, and the agent works on over a new one', async (_, message) => {
    const [agent, connection] = await harness.online(echo);
    connection.socket.send(message);
    await connection.closed;
    const next = await harness.nextConnection();
    next.send(lease('still here'));
    expect(await next.next('succeeded')).toMatchObject({ output: 'still here' });
    expect(agent.state).toBe('online');
  });

  test('is logged as an error of the hub', async () => {
    const [, connection] = await harness.online(echo);
    connection.socket.send('[]x');
    await connection.closed;
    const errors = harness.logged.filter(({ level }) => level === 'error');
    expect(errors).toMatchObject([{ facts: { reason: 'a message is not JSON' } }]);
  });
});
