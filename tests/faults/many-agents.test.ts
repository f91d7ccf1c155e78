import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { agentProtocol } from '@reeve/hub/api';
import { needs } from '../house/needs.ts';
import { eventually } from './system/eventually.ts';
import { HubHome } from './system/hub-process.ts';
import type { Status } from './system/tasks.ts';

const count = 10_000;
/** For each agent: its socket, its session and its place in the queues. */
const mostMemoryPerAgentKib = 100;
const slowestAnswerMs = 10_000;

/** How one try to connect ended: taken in, or refused with what was said. */
type Outcome = 'in' | `refused ${number}` | `lost: ${string}`;

/** Connects as an agent, says hello, and stays. */
function connect(home: HubHome, number: number, sockets: WebSocket[]): Promise<Outcome> {
  const socket = new WebSocket(home.url.replace('http', 'ws') + agentProtocol.path, agentProtocol.subprotocol, {
    headers: { authorization: `Bearer ${home.keys.apiKey}` },
    perMessageDeflate: false,
  });
  sockets.push(socket);
  return new Promise((resolve) => {
    const offer = { name: `agent ${number}`, capabilities: [{ name: `many.${number % 100}` }] };
    socket.on('open', () => socket.send(JSON.stringify([{ type: 'hello', offer }])));
    socket.on('message', () => resolve('in'));
    socket.on('unexpected-response', (_, { statusCode = 0 }) => resolve(`refused ${statusCode}`));
    socket.on('close', (code) => resolve(code === 1006 ? 'lost: without a word' : `refused ${code}`));
    socket.on('error', ({ message }) => resolve(`lost: ${message}`));
  });
}

/** Memory of a process in KiB. */
function memoryKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

test(
  '[HB-01 register] [HB-08] ten thousand agents that come within a second are taken in, at once or when they come again, and the hub answers all the while',
  { ...needs('minutes'), timeout: 300_000 },
  async () => {
    await using home = await HubHome.create({ settings: { HUB_LEASE_TTL_MS: '120000', HUB_HEARTBEAT_MS: '30000' } });
    const hub = await home.start();
    const before = memoryKib(hub.pid);
    const sockets: WebSocket[] = [];
    const coming: Promise<Outcome>[] = [];
    const beganMs = performance.now();
    for (let number = 0; number < count; number++) {
      coming.push(connect(home, number, sockets));
      if (number % 500 === 499) await pause(Math.max(0, beganMs + number / 10 - performance.now()));
    }
    let over = false;
    const answersMs: number[] = [];
    const asking = (async () => {
      while (!over) {
        const askedMs = performance.now();
        await home.api.send('GET', '/v1/status', undefined, { timeoutMs: 60_000 });
        answersMs.push(performance.now() - askedMs);
        await pause(50);
      }
    })();
    let outcomes = await Promise.all(coming);
    const first = Map.groupBy(outcomes, (outcome) => outcome);
    // Whoever was refused, or cut off for being slow, comes again, as the agent kit does.
    for (let round = 0; outcomes.some((outcome) => outcome !== 'in') && round < 10; round++) {
      await pause(1_000);
      outcomes = await Promise.all(
        outcomes.map(async (outcome, number) => (outcome === 'in' ? outcome : connect(home, number, sockets))),
      );
    }
    over = true;
    await asking;
    expect(Map.groupBy(outcomes, (outcome) => outcome).get('in')).toHaveLength(count);
    const online = async () =>
      (await home.api.get<Status & { agents: { online: number } }>('/v1/status')).agents.online;
    await eventually('all are online', async () => ((await online()) === count ? true : undefined));
    expect(Math.max(...answersMs), 'it answered all the while').toBeLessThan(slowestAnswerMs);
    const perAgentKib = (memoryKib(hub.pid) - before) / count;
    console.log(
      `${count} agents: ${[...first].map(([outcome, all]) => `${all.length} ${outcome}`).join(', ')} at first; slowest answer ${Math.round(Math.max(...answersMs))} ms; ${perAgentKib.toFixed(1)} KiB each`,
    );
    expect(perAgentKib).toBeLessThan(mostMemoryPerAgentKib);
    const { id } = await home.api.post<{ id: string }>('/v1/tasks', { requires: [{ name: 'many.7' }] });
    await eventually('work is handed out', async () => {
      const { state } = await home.api.get<{ state: string }>(`/v1/tasks/${id}`);
      return state === 'leased' || undefined;
    });
    for (const socket of sockets) socket.terminate();
  },
);
