import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { fork, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { defineOperation, Name, systemClock } from '@reeve/kernel';
import { z } from 'zod';
import { createAccess } from '../src/access/index.ts';
import { openSqlite, platformMigrations } from '../src/database/index.ts';
import { createHealth, createHttpServer } from '../src/http/index.ts';
import { createLifecycle } from '../src/lifecycle/index.ts';
import { createLogger } from '../src/log/index.ts';
import { createMetrics } from '../src/metrics/index.ts';
import { bind, createRoad } from '../src/operations/index.ts';

// Requests per second of the HTTP kit beside the floors: bare node:http and bare Fastify that parse the same JSON and
// answer. The kit authenticates, limits, validates, audits and (write) commits with synchronous FULL; log at info.
// `node --conditions=reeve-source packages/platform/bench/http.ts [--seconds 3] [--rounds 3] [--json]`

const body = JSON.stringify({ requires: [{ name: 'pdf.extract', minProficiency: 0.8 }], priority: 'high' });
const role = process.argv[2];

if (role === '--serve') await serve();
else await compare();

async function serve(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  const log = createLogger({ level: 'info', destination: '/dev/null' });
  const database = await openSqlite({ path: join(folder, 'reeve.db'), migrations: platformMigrations });
  const access = await createAccess({ database, clock: systemClock, log });
  const metrics = createMetrics({ defaultMetrics: false });
  const lifecycle = createLifecycle({ graceMs: 1_000, log });
  const limit = { capacity: 1e9, perSecond: 1e9 };
  const limits = { identity: limit, anonymous: limit };
  const road = createRoad({ database, clock: systemClock, log, metrics, limits });
  const health = createHealth({ clock: systemClock, stopping: lifecycle.stopping, version: 'bench' });
  const parts = { road, access, health, log, metrics, lifecycle, clock: systemClock };
  const server = await createHttpServer({ ...parts, operations: operations(), version: 'bench' });
  const key = await access.ensureKey({ name: 'bench', tenant: 'bench', permissions: ['tasks:*'] });
  const bare = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString() || '{}');
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"abc"}');
    });
  }).listen(0, '127.0.0.1');
  await once(bare, 'listening');
  const fastify = Fastify();
  fastify.post('/v1/tasks', async (_request, reply) => reply.code(201).send({ id: 'abc' }));
  const urls = {
    'bare node:http, post': `http://127.0.0.1:${(bare.address() as { port: number }).port}/v1/tasks`,
    'bare Fastify, post': `${await fastify.listen({ host: '127.0.0.1', port: 0 })}/v1/tasks`,
    'kit, write': `${await server.listen({ host: '127.0.0.1', port: 0 })}/v1/tasks`,
  };
  process.send?.({ urls: { ...urls, 'kit, read': `${urls['kit, write']}/abc` }, key: key.text });
  process.once('disconnect', () => {
    rmSync(folder, { recursive: true });
    process.exit(0);
  });
}

function operations() {
  const create = defineOperation({
    name: 'tasks.create',
    summary: 'Submit',
    access: 'tasks:write',
    effect: 'write',
    http: { method: 'POST', path: '/v1/tasks', status: 201 },
    input: z.object({
      kind: z.string().default('task'),
      requires: z.array(z.object({ name: Name, minProficiency: z.number().min(0).max(1).default(0) })).min(1),
      priority: z.enum(['critical', 'high', 'medium', 'low']).default('medium'),
    }),
    output: z.object({ id: z.string() }),
  });
  const show = defineOperation({
    name: 'tasks.show',
    summary: 'Show',
    access: 'tasks:read',
    effect: 'read',
    http: { method: 'GET', path: '/v1/tasks/{id}' },
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
  });
  return [
    bind(create, async (_input, call) => {
      const answer = { id: 'abc' };
      await call.commit({ statements: [] }, answer);
      return answer;
    }),
    bind(show, async ({ id }) => ({ id })),
  ];
}

async function compare(): Promise<void> {
  const argument = (name: string, fallback: number) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? fallback : Number(process.argv[at + 1]);
  };
  const child = fork(import.meta.filename, ['--serve'], { execArgv: [...process.execArgv] });
  const [{ urls, key }] = (await once(child, 'message')) as [{ urls: Record<string, string>; key: string }];
  const figures = new Map(Object.keys(urls).map((name) => [name, [] as number[]]));
  for (let round = 0; round < argument('rounds', 3); round++)
    for (const [name, url] of Object.entries(urls)) {
      const result = await load(url, key, name.endsWith('read'), argument('seconds', 3));
      figures.get(name)!.push(result);
    }
  stop(child);
  const rows = [...figures].map(([name, values]) => ({
    name,
    requestsPerSecond: Math.round([...values].sort((a, b) => a - b)[values.length >> 1]!),
  }));
  process.stdout.write(
    process.argv.includes('--json')
      ? `${JSON.stringify({ node: process.version, connections: 64, rows }, null, 2)}\n`
      : rows.map((row) => `${row.name.padEnd(24)} ${row.requestsPerSecond}/s\n`).join(''),
  );
}

async function load(url: string, key: string, reads: boolean, seconds: number): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const request = reads ? { method: 'GET' as const } : { method: 'POST' as const, body };
  const result = await autocannon({ url, connections: 64, duration: seconds, headers, ...request });
  if (result.non2xx > 0) throw new Error(`${url} answered ${result.non2xx} requests with an error`);
  return result.requests.average;
}

function stop(child: ChildProcess): void {
  child.disconnect();
}
