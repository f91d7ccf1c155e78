import { join } from 'node:path';
import { systemClock, type Clock } from '@reeve/kernel';
import {
  approvalOperations,
  createAccess,
  createHealth,
  createHttpServer,
  createLifecycle,
  createLogger,
  createMetrics,
  createRoad,
  databaseCheck,
  newKeyChainText,
  openDatabase,
  parseKeyChain,
  SealedFiles,
  type Database,
  type Lifecycle,
} from '@reeve/platform';
import { createClient, type Client } from '@reeve/sdk';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { createHub, createHubMetrics, type Hub, type HubSettings } from '../../src/index.ts';
import { call, type Answer, type CallOptions } from './call.ts';
import { migrations, newDatabase } from './new-database.ts';

/** One chain for all hubs of a test file: a later life has to read what an earlier one wrote. */
const sealingKeys = parseKeyChain(newKeyChainText('test'), 'keys of the test');
const approvals = { expireAfterMs: 3_600_000, requireOther: false };
const unlimited = { capacity: 1e9, perSecond: 1e9 };

/** As configuration has them, but with short times, and backoff that the tests state themselves. */
const testSettings: HubSettings = {
  leaseTtlMs: 5_000,
  heartbeatMs: 500,
  maxLiveTasks: 100_000,
  ageingMs: 300_000,
  breaker: { failures: 5, initialPauseMs: 100, maxPauseMs: 1_000 },
  proficiency: { priorWeight: 4, halfLifeMs: 14 * 24 * 3_600_000 },
  deferLowAt: 0.6,
  shedLowAt: 0.8,
  tenants: { defaults: { weight: 1, maxLiveTasks: 100_000, tasksPerMinute: 6_000_000 }, exceptions: [] },
  inputLimitBytes: 256 * 1024,
  mapInitialChunkItems: 1_000,
  mapTargetChunkMs: 30_000,
  blobLimitBytes: 4 * 1024 * 1024,
  blobRetentionMs: 3_600_000,
  inputMemoryBytes: 64 * 1024 * 1024,
  defaultTimeoutMs: 30_000,
  defaultMaxAttempts: 3,
  retryBudget: { share: 0.2, perSecond: 10 },
  retry: { initialDelayMs: 50, factor: 2, maxDelayMs: 1_000, jitter: 0 },
};

export interface HubOptions {
  readonly settings?: Partial<HubSettings>;
  /** An earlier life whose home, port and keys this one takes over. */
  readonly after?: HubUnderTest;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** How long a commit waits for somebody else's lock. */
  readonly busyTimeoutMs?: number;
}

/** A whole hub in this process: real database file, real road, real HTTP server on a port of the loopback. */
export interface HubUnderTest {
  readonly url: string;
  readonly home: string;
  /** May do everything for the tenant `acme`. */
  readonly key: string;
  readonly client: Client;
  readonly hub: Hub;
  readonly database: Database;
  readonly databaseUrl: string;
  readonly lifecycle: Lifecycle;
  readonly settings: HubSettings;
  /** Whether a message of the log so far begins like this. */
  logged(beginning: string): boolean;
  keyOf(tenant: string, ...permissions: string[]): Promise<string>;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** Sum of a metric's samples; `labels` is a part of the text between the braces. */
  metric(name: string, labels?: string): Promise<number>;
  /** Ends this life as SIGTERM would. */
  stop(): Promise<void>;
}

type CleanUp = (undo: () => void | Promise<void>) => void;

/** One hub for all tests of a file that only look at it, or keep to agents and tasks of their own. */
export function sharedHub(options: HubOptions = {}): () => HubUnderTest {
  const undo: Array<() => void | Promise<void>> = [];
  let hub: HubUnderTest | undefined;
  beforeAll(async () => {
    hub = await startHub(options, (each) => void undo.unshift(each));
  });
  afterAll(async () => {
    for (const each of undo) await each();
  });
  return () => hub!;
}

/** Starts a hub that is stopped, and whose home is removed, when the test is over. */
export async function startHub(options: HubOptions = {}, cleanUp: CleanUp = onTestFinished): Promise<HubUnderTest> {
  const { after, clock = systemClock, random = Math.random, busyTimeoutMs = 2_000 } = options;
  const settings = { ...testSettings, ...options.settings };
  const { home, databaseUrl } = after ?? (await newDatabase(cleanUp));
  const messages: string[] = [];
  const write = (line: string): void => void messages.push((JSON.parse(line) as { message: string }).message);
  const log = createLogger({ level: 'debug', destination: { write } });
  const lifecycle = createLifecycle({ graceMs: 8_000, log });
  cleanUp(() => lifecycle.stop('end of test').then(() => {}));

  const metrics = createMetrics({ defaultMetrics: false });
  const database = await openDatabase({
    url: databaseUrl,
    migrations,
    clock,
    log,
    keys: sealingKeys,
    limits: { busyTimeoutMs },
    postgres: { statementTimeoutMs: Math.max(busyTimeoutMs, 1_000) }, // the start takes longer than a lock may
  });
  lifecycle.onStop('storage', 'database', async () => database[Symbol.asyncDispose]());
  const access = await createAccess({ database, clock, log });
  lifecycle.onStop('connections', 'access', async () => access[Symbol.asyncDispose]());
  const limits = { identity: unlimited, anonymous: unlimited };
  const road = createRoad({ database, clock, log, metrics, limits, settings: { approvals, checkOutputs: true } });
  lifecycle.onStop('connections', 'road', async () => road[Symbol.asyncDispose]());
  const hubMetrics = createHubMetrics(metrics);
  const files = await SealedFiles.open(join(home, 'blobs'));
  const parts = { database, files, clock, log, lifecycle, metrics: hubMetrics, settings, random };
  const hub = await createHub(parts, '0.0.0-test');
  const health = createHealth({ clock, stopping: lifecycle.stopping, version: '0.0.0-test' });
  health.register(databaseCheck(database));
  const operations = [...hub.operations, ...approvalOperations({ database, clock, settings: approvals })];
  const { routes, upgrades } = hub;
  const http = { operations, routes, upgrades, settings: { drainMs: 3_000 }, version: '0.0.0-test' };
  const server = await createHttpServer({ ...http, road, access, health, clock, log, metrics, lifecycle });
  const url = await server.listen({ host: '127.0.0.1', port: after ? Number(new URL(after.url).port) : 0 });

  let keys = 0;
  const keyOf = async (tenant: string, ...permissions: string[]): Promise<string> =>
    (await access.ensureKey({ name: `key ${++keys}`, tenant, permissions })).text;
  const key = after?.key ?? (await keyOf('acme', '*'));
  const retry = { maxAttempts: 1, initialDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 };
  return {
    url,
    home,
    key,
    client: createClient({ url, apiKey: key, retry }),
    hub,
    database,
    databaseUrl,
    lifecycle,
    settings,
    logged: (beginning) => messages.some((message) => message.startsWith(beginning)),
    keyOf,
    call: (method, path, callOptions) => call(url, method, path, { key, ...callOptions }),
    metric: async (name, labels) => sumOf(await metrics.render(), name, labels),
    stop: async () => {
      const failures = await lifecycle.stop('the test ends this life');
      if (failures.length > 0) throw new Error(`did not stop well: ${JSON.stringify(failures)}`);
    },
  };
}

function sumOf(rendered: string, name: string, labels = ''): number {
  const values = rendered
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .filter((line) => line.includes(labels))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.reduce((sum, value) => sum + value, 0);
}
