/**
 * How many leases an agent can run in a second, with a handler that does nothing: what the kit itself costs.
 *
 *     node --conditions=reeve-source packages/sdk/bench/agent-kit.ts [results] [rounds]
 *
 * This process is the agent; the other end of the wire is a process of its own that keeps every slot filled and
 * acknowledges what comes. The figure to compare is results per CPU second of the agent's process: the two processes
 * share the machine, so the wall clock says less. The floor is the same exchange by a bare loop without the kit.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket, WebSocketServer } from 'ws';
import { connectAgent } from '../src/index.ts';

const slots = 2_000;
const agentId = '01900000-0000-7000-8000-00000000a9e7';
const input = { url: 'file:///documents/a.pdf', pages: [1, 2, 3], language: 'en' };

interface Frame {
  readonly type: string;
  readonly taskId: string;
  readonly fence: number;
}

/** The hub's side: first fills the slots, then gives one lease and one acknowledgement for each result. */
async function pump(total: number): Promise<void> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  let given = 0;
  let done = 0;
  const lease = () => {
    const fence = 2 ** 32 + ++given;
    const taskId = `01900000-0000-7000-8000-${fence.toString(16).padStart(12, '0')}`;
    const work = { attempt: 1, kind: 'task', capability: 'bench', input, timeoutMs: 60_000 };
    return { type: 'lease', taskId, fence, ...work };
  };
  server.on('connection', (socket) =>
    socket.on('message', (data) => {
      const answer: object[] = [];
      for (const frame of JSON.parse((data as Buffer).toString()) as Frame[]) {
        if (frame.type === 'hello') {
          answer.push({ type: 'welcome', agentId, heartbeatMs: 5_000, leaseTtlMs: 10_000, kept: [] });
          while (given < Math.min(slots, total)) answer.push(lease());
        } else if (frame.type === 'succeeded') {
          answer.push({ type: 'accepted', taskId: frame.taskId, fence: frame.fence });
          if (++done === total) process.send!('done');
          if (given < total) answer.push(lease());
        }
      }
      if (answer.length > 0) socket.send(JSON.stringify(answer));
    }),
  );
  process.send!((server.address() as { port: number }).port);
}

/** Runs `agent` against a fresh pump until it is done. */
async function measure(total: number, agent: (url: string) => Promise<() => Promise<void>>): Promise<Figures> {
  const hub = fork(import.meta.filename, ['pump', String(total)]);
  const [port] = (await once(hub, 'message')) as [number];
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const stop = await agent(`http://127.0.0.1:${port}`);
  await once(hub, 'message');
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await stop();
  hub.kill();
  return { perSecond: total / seconds, perCpuSecond: total / ((user + system) / 1e6) };
}

interface Figures {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

async function kit(url: string): Promise<() => Promise<void>> {
  const offer = { name: 'bench', capabilities: [{ name: 'bench' }], slots };
  const agent = await connectAgent({ url, apiKey: 'bench', offer, handler: async () => ({ ok: true }) });
  return () => agent.stop({ drain: false });
}

async function bareLoop(url: string): Promise<() => Promise<void>> {
  const socket = new WebSocket(url.replace('http', 'ws'), { perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('message', (data) => {
    const frames = JSON.parse((data as Buffer).toString()) as Frame[];
    const results = frames.filter(({ type }) => type === 'lease');
    const answer = results.map(({ taskId, fence }) => ({ type: 'succeeded', taskId, fence, output: { ok: true } }));
    if (answer.length > 0) socket.send(JSON.stringify(answer));
  });
  socket.send('[{"type":"hello"}]');
  return async () => socket.terminate();
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

async function main(total: number, rounds: number): Promise<void> {
  const bare: Figures[] = [];
  const ours: Figures[] = [];
  await measure(total, kit); // warm up
  for (let round = 0; round < rounds; round++) {
    bare.push(await measure(total, bareLoop));
    ours.push(await measure(total, kit));
  }
  const figures = (rounds: Figures[]) => ({
    perSecond: Math.round(median(rounds.map(({ perSecond }) => perSecond))),
    perCpuSecond: Math.round(median(rounds.map(({ perCpuSecond }) => perCpuSecond))),
  });
  const ratios = ours.map(({ perCpuSecond }, at) => perCpuSecond / bare[at]!.perCpuSecond);
  const toFloor = Number(median(ratios).toFixed(2));
  console.log(
    JSON.stringify({ bench: 'agent-kit', total, rounds, slots, kit: figures(ours), bareLoop: figures(bare), toFloor }),
  );
}

if (process.argv[2] === 'pump') await pump(Number(process.argv[3]));
else await main(Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 7));
