import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Clock } from '@reeve/kernel';
import { createAccess, type Access } from '../../src/access/index.ts';
import { openSqlite, platformMigrations, type Database } from '../../src/database/index.ts';
import {
  createHealth,
  createHttpServer,
  databaseCheck,
  type Health,
  type HttpServerComponents,
  type HttpSettings,
} from '../../src/http/index.ts';
import { createLifecycle, type Lifecycle } from '../../src/lifecycle/index.ts';
import { createLogger } from '../../src/log/index.ts';
import { newKeyChainText, parseKeyChain } from '../../src/sealing/index.ts';
import { createPeople, type People } from '../../src/people/index.ts';
import { createMetrics, type Metrics } from '../../src/metrics/index.ts';
import {
  createRoad,
  type BoundOperation,
  type RateLimits,
  type Road,
  type RoadSettings,
} from '../../src/operations/index.ts';

/** A settable clock: time passes when the test says so. */
export interface TestClock extends Clock {
  advance(ms: number): void;
  /** Somebody sets the clock of the machine; time itself does not jump. */
  jump(ms: number): void;
}

export function testClock(): TestClock {
  let offsetMs = 0;
  let jumpMs = 0;
  return {
    nowMs: () => systemClock.nowMs() + offsetMs + jumpMs,
    monotonicMs: () => systemClock.monotonicMs() + offsetMs,
    advance: (ms) => void (offsetMs += ms),
    jump: (ms) => void (jumpMs += ms),
  };
}

export interface Ground extends AsyncDisposable {
  readonly database: Database;
  readonly access: Access;
  readonly people: People;
  readonly road: Road;
  readonly health: Health;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
  readonly clock: TestClock;
  /** Where the database is. */
  readonly folder: string;
  /** Log lines so far, parsed. */
  readonly lines: Array<Record<string, unknown>>;
  /** A key with these permissions. */
  key(...permissions: string[]): Promise<string>;
  keyOf(tenant: string, ...permissions: string[]): Promise<string>;
}

export interface GroundOptions {
  readonly limits?: RateLimits;
  readonly settings?: Partial<RoadSettings>;
  /** Puts into the database what is to be there at the start. */
  readonly beforehand?: (database: Database) => Promise<void>;
}

const peopleSettings = { accessTtlMs: 30 * 60_000, refreshTtlMs: 7 * 86_400_000, stepUpTtlMs: 10 * 60_000 };

const generous: RateLimits = {
  identity: { capacity: 10_000, perSecond: 10_000 },
  anonymous: { capacity: 10_000, perSecond: 10_000 },
};

/** Everything beneath a server, on a real database in a folder of its own. */
export async function startGround(options: GroundOptions = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'reeve-platform-'));
  const clock = testClock();
  const lines: Array<Record<string, unknown>> = [];
  const log = createLogger({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const sealingKeys = parseKeyChain(newKeyChainText('test'), 'keys of the test');
  const database = await openSqlite({
    path: join(folder, 'reeve.db'),
    migrations: platformMigrations,
    clock,
    keys: sealingKeys,
  });
  const metrics = createMetrics({ defaultMetrics: false });
  const lifecycle = createLifecycle({ graceMs: 10_000, log });
  await options.beforehand?.(database);
  const people = await createPeople({ database, clock, log, keys: sealingKeys, settings: peopleSettings });
  const access = await createAccess({ database, clock, log, people });
  const settings = { checkOutputs: true, ...options.settings };
  const road = createRoad({ database, clock, log, metrics, limits: options.limits ?? generous, settings });
  const health = createHealth({ clock, stopping: lifecycle.stopping, version: '0.0.0-test' });
  health.register(databaseCheck(database));
  let keys = 0;
  const keyOf = async (tenant: string, ...permissions: string[]) =>
    (await access.ensureKey({ name: `key ${++keys}`, tenant, permissions })).text;
  return {
    database,
    access,
    people,
    road,
    health,
    metrics,
    lifecycle,
    clock,
    folder,
    lines,
    keyOf,
    key: (...permissions) => keyOf('acme', ...permissions),
    async [Symbol.asyncDispose]() {
      await lifecycle.stop('end of test');
      await road[Symbol.asyncDispose]();
      await access[Symbol.asyncDispose]();
      await people[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

export interface TestServer extends Ground {
  readonly url: string;
  readonly port: number;
  readonly openApi: () => string;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  readonly key?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; whatever shape the test expects. */
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

export interface ServerOptions extends GroundOptions {
  readonly operations?: readonly BoundOperation[];
  readonly routes?: HttpServerComponents['routes'];
  readonly upgrades?: HttpServerComponents['upgrades'];
  readonly http?: Partial<HttpSettings>;
  readonly tls?: HttpServerComponents['tls'];
  /** Any free one when not given. */
  readonly port?: number;
  /** Operations that need the ground they stand on. */
  readonly bindOn?: (ground: Ground) => readonly BoundOperation[];
}

/** A whole server on a free port of the loopback. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const ground = await startGround(options);
  const log = createLogger({
    level: 'debug',
    destination: { write: (line: string) => void ground.lines.push(JSON.parse(line) as Record<string, unknown>) },
  });
  const server = await createHttpServer({
    operations: [...(options.operations ?? []), ...(options.bindOn?.(ground) ?? [])],
    routes: options.routes ?? [],
    upgrades: options.upgrades ?? [],
    road: ground.road,
    access: ground.access,
    health: ground.health,
    clock: ground.clock,
    log,
    metrics: ground.metrics,
    lifecycle: ground.lifecycle,
    settings: { drainMs: 2_000, ...options.http },
    tls: options.tls,
    version: '0.0.0-test',
  });
  const url = await server.listen({ host: '127.0.0.1', port: options.port ?? 0 }).catch(async (error: unknown) => {
    await ground[Symbol.asyncDispose]();
    throw error;
  });
  return {
    ...ground,
    url,
    port: Number(new URL(url).port),
    openApi: server.openApi,
    call: (method, path, callOptions) => call(url, method, path, callOptions),
  };
}

export async function call(url: string, method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined
      ? {}
      : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : text,
  };
}
