import { InvalidInput, type ReeveError } from '@reeve/kernel';
import { closeCodes } from '@reeve/hub/api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AgentConnection, type AgentOptions, connectAgent, type Handler } from '../src/index.ts';
import { lease, type WireConnection, WireHub } from './wire-hub.ts';

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const echo: Handler = async (input) => input;

let hub: WireHub;
const agents: AgentConnection[] = [];
beforeEach(async () => {
  hub = await WireHub.listen();
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.stop({ drain: false })));
  await hub.close();
});

function begin(handler: Handler, more: Partial<AgentOptions> = {}): Promise<AgentConnection> {
  const offer = { name: 'echo-1', capabilities: [{ name: 'echo' }], slots: 4 };
  const reconnect = { initialDelayMs: 10, maxDelayMs: 50 };
  const options = { url: hub.url, apiKey: 'rk_test', offer, handler, log: quiet, reconnect, ...more } as AgentOptions;
  return connectAgent(options);
}

async function online(handler: Handler, more?: Partial<AgentOptions>): Promise<[AgentConnection, WireConnection]> {
  const beginning = begin(handler, more);
  const connection = await hub.connection();
  await connection.welcome();
  const agent = await beginning;
  agents.push(agent);
  return [agent, connection];
}

describe('connecting', () => {
  test('[HB-01] says hello with key and offer, and is known by the id the hub gives', async () => {
    const beginning = begin(echo);
    const connection = await hub.connection();
    const hello = await connection.welcome();
    const agent = await beginning;
    agents.push(agent);
    expect(connection.authorization).toBe('Bearer rk_test');
    expect(connection.socket.protocol).toBe('reeve.agent.v1');
    expect(hello['offer']).toMatchObject({ name: 'echo-1', slots: 4 });
    expect(hello['resume']).toEqual([]);
    expect(agent.agentId).toMatch(/a9e7$/);
    expect(agent.state).toBe('online');
  });

  test('[HB-01] refuses an offer that is not valid before anything is sent', async () => {
    const offer = { name: 'x', capabilities: [{ name: 'admin', proficiency: 1.2 }] };
    const error = await begin(echo, { offer }).catch((thrown: unknown) => thrown);
    expect(InvalidInput.is(error)).toBe(true);
    const paths = (error as ReeveError).issues!.map(({ path }) => path.join('.'));
    expect(paths).toEqual(['offer.capabilities.0.name', 'offer.capabilities.0.proficiency']);
  });

  test('[FD-02] ends with the reason when the hub says it is not permitted, and does not try again', async () => {
    const beginning = begin(echo);
    const connection = await hub.connection();
    await connection.next('hello');
    connection.send({ type: 'goodbye', code: 'forbidden', message: 'the key lacks agents:connect' });
    connection.socket.close(closeCodes.notPermitted);
    await expect(beginning).rejects.toMatchObject({
      code: 'agent_refused',
      message: expect.stringMatching(/lacks agents:connect/),
    });
  });

  test('goes on trying until the hub is there', async () => {
    const { port } = hub;
    await hub.close();
    const states: string[] = [];
    const beginning = begin(echo, { url: `http://127.0.0.1:${port}`, onState: (state) => states.push(state) });
    await expect.poll(() => states.filter((state) => state === 'waiting').length).toBeGreaterThan(2);
    hub = await WireHub.listen(port);
    await (await hub.connection()).welcome();
    agents.push(await beginning);
    expect(states.at(-1)).toBe('online');
  });
});

describe('working', () => {
  test('[HB-09] runs leases and returns their outputs, many in one message', async () => {
    const [agent, connection] = await online(async (input) => ({ doubled: (input as number) * 2 }));
    const leases = Array.from({ length: 500 }, (_, index) => lease(index));
    connection.send(...leases);
    for (const { taskId, fence, input } of leases) {
      expect(await connection.next('succeeded')).toEqual({
        type: 'succeeded',
        taskId,
        fence,
        output: { doubled: (input as number) * 2 },
      });
    }
    expect(Math.max(...connection.messageSizes)).toBeGreaterThan(100);
    expect(agent.running).toBe(0);
  });
});
