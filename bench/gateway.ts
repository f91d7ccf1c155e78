/**
 * The gateway's rows: what it adds to a request at one connection, requests per second, streamed chunks per second.
 * A simulated model server answers at once; before it stand, each in processes of their own: nothing, two bare proxies
 * (the floor: the hub and the node are two processes too), and Reeve with hub and node. Latency is that of a gateway that
 * has been running: each road answers `warmUpRequests` first, after which compiled code has settled everywhere.
 *
 *     npm run bench -- gateway [--rounds 7] [--only latency,requests,chunks]
 */
import { parseArgs } from 'node:util';
import { Pool } from 'undici';
import { start, startHub, type Measured } from './harness/processes.ts';
import { writeResult } from './harness/results.ts';
import { measureRounds, quantileOf, type Contestant, type Figures, type Measurement } from './harness/rounds.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    only: { type: 'string', default: 'latency,requests,chunks' },
  },
});
const rounds = Number(values.rounds);
const wanted = new Set(values.only.split(','));
const messages = [{ role: 'user', content: 'Say something short, please.' }];
const model = 'sim-small';
const chunksPerStream = 2_000;
const warmUpRequests = 8_000;

/** A way to the model server. */
interface Road {
  readonly name: string;
  readonly about: string;
  readonly pool: Pool;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly processes: readonly Measured[];
}

const isUrl = (line: string): boolean => line.startsWith('http://');

async function startBackend(tokens: number): Promise<Measured & { url: string }> {
  const parameters = ['--port', '0', '--tokens', String(tokens)];
  const backend = await start('tests/simulators/openai-backend.ts', parameters, {}, (line) => line.includes('http://'));
  return { ...backend, url: /http:\/\/\S+?(?=\/v1|\s|$)/.exec(backend.line)![0] };
}

async function roadsTo(backend: Measured & { url: string }, durability: 'sync' | 'group'): Promise<Road[]> {
  const inner = await start('bench/floors/bare-proxy.ts', [backend.url], {}, isUrl);
  const outer = await start('bench/floors/bare-proxy.ts', [inner.line], {}, isUrl);
  const hub = await startHub({ REEVE_GATEWAY_DURABILITY: durability });
  const options = JSON.stringify({
    backend: `${backend.url}/v1`,
    url: hub.url,
    name: 'bench',
    concurrency: 512,
    benchmarkMs: 0,
  });
  const env = { REEVE_API_KEY: hub.apiKey };
  const node = await start('packages/server/src/main.ts', ['node', options], env, (line) => line.includes('"online"'));
  const road = (name: string, about: string, url: string, processes: Measured[], headers = {}): Road => ({
    name,
    about,
    pool: new Pool(url, { connections: 64, pipelining: 1 }),
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json', ...headers },
    processes: [backend, ...processes],
  });
  const bearer = { authorization: `Bearer ${hub.apiKey}` };
  return [
    road('direct', 'the simulated model server itself', backend.url, []),
    road('two bare proxies (floor)', 'node:http, bytes passed on, keep-alive', outer.line, [inner, outer]),
    road(
      `reeve (${durability})`,
      `hub and node; durability ${durability}; keys, limits, log`,
      hub.url,
      [hub, node],
      bearer,
    ),
  ];
}

async function ask({ pool, path, headers }: Road, body: string): Promise<string> {
  const answer = await pool.request({ method: 'POST', path, headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${text}`);
  return text;
}

function contestant(road: Road, measure: () => Promise<Figures>): Contestant {
  return { name: road.name, about: road.about, measure };
}

async function latency(roads: readonly Road[]): Promise<Measurement> {
  const whole = JSON.stringify({ model, messages });
  for (const road of roads) for (let index = 0; index < warmUpRequests; index++) await ask(road, whole);
  return measureRounds(
    roads.map((road) =>
      contestant(road, async () => {
        const timesMs: number[] = [];
        for (let index = 0; index < 400; index++) {
          const startedMs = performance.now();
          await ask(road, whole);
          timesMs.push(performance.now() - startedMs);
        }
        return { p50Ms: quantileOf(timesMs, 0.5), p99Ms: quantileOf(timesMs, 0.99) };
      }),
    ),
    rounds,
  );
}

function requests(roads: readonly Road[]): Promise<Measurement> {
  const whole = JSON.stringify({ model, messages });
  return measureRounds(
    roads.map((road) =>
      contestant(road, async () => {
        const [cpuBefore, startedMs] = [cpuOf(road), performance.now()];
        let count = 0;
        const endMs = startedMs + 2_000;
        await Promise.all(
          Array.from({ length: 50 }, async () => {
            for (; performance.now() < endMs; count++) await ask(road, whole);
          }),
        );
        const elapsedMs = performance.now() - startedMs;
        return { requestsPerSecond: (count * 1_000) / elapsedMs, cpuMsPerRequest: (cpuOf(road) - cpuBefore) / count };
      }),
    ),
    rounds,
  );
}

/** CPU of what stands between client and model server. */
function cpuOf({ processes }: Road): number {
  return processes.slice(1).reduce((sum, process) => sum + process.cpuMs(), 0);
}

function chunks(roads: readonly Road[]): Promise<Measurement> {
  const streamed = JSON.stringify({ model, messages, stream: true });
  return measureRounds(
    roads.map((road) =>
      contestant(road, async () => {
        const startedMs = performance.now();
        const firstMs: number[] = [];
        let count = 0;
        await Promise.all(
          Array.from({ length: 16 }, async () => {
            const sentMs = performance.now();
            const answer = await road.pool.request({
              method: 'POST',
              path: road.path,
              headers: road.headers,
              body: streamed,
            });
            let tail = '';
            for await (const data of answer.body as AsyncIterable<Buffer>) {
              if (tail === '') firstMs.push(performance.now() - sentMs);
              count += countEvents(data);
              tail = data.toString('latin1', Math.max(0, data.length - 20));
            }
            if (!tail.endsWith('data: [DONE]\n\n')) throw new Error(`a stream did not end as it should: ${tail}`);
          }),
        );
        return {
          chunksPerSecond: (count * 1_000) / (performance.now() - startedMs),
          firstChunkP50Ms: quantileOf(firstMs, 0.5),
        };
      }),
    ),
    rounds,
  );
}

/** Server-sent events in a piece of a stream: each ends in an empty line, and JSON has none. */
function countEvents(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf('\n\n'); at >= 0; at = data.indexOf('\n\n', at + 2)) count++;
  return count;
}

async function withRoads(
  tokens: number,
  durability: 'sync' | 'group',
  measure: (roads: readonly Road[]) => Promise<Measurement>,
): Promise<Measurement> {
  const backend = await startBackend(tokens);
  const roads = await roadsTo(backend, durability);
  const measured = await measure(roads);
  for (const { pool } of roads) await pool.close();
  // The node first, then its hub.
  for (const process of roads.flatMap(({ processes }) => processes.slice(1)).toReversed()) await process.stop();
  await backend.stop();
  return measured;
}

const measurements: Record<string, Measurement> = {};
for (const durability of ['sync', 'group'] as const) {
  if (wanted.has('latency')) measurements[`latency-${durability}`] = await withRoads(16, durability, latency);
  if (wanted.has('requests')) measurements[`requests-${durability}`] = await withRoads(16, durability, requests);
  if (wanted.has('chunks')) measurements[`chunks-${durability}`] = await withRoads(chunksPerStream, durability, chunks);
}
writeResult('gateway', measurements);
