import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLifecycle, createLogger, loadSystemConfiguration, type Access, type Database } from '@reeve/platform';
import { createMarketNode, createOpenAiBackend, type MarketNodeOptions } from '@reeve/market/node';
import { connectAgent } from '@reeve/sdk';
import { serve } from '@reeve/server';
import OpenAI from 'openai';
import { startProcess, type LogLine, type SystemProcess } from './process.ts';

/** Settings as environment variables: `{ REEVE_GATEWAY_DURABILITY: 'group' }`. */
export type Settings = Readonly<Record<string, string>>;

/** Where clients and nodes find a hub, and with which key. */
export interface HubAddress {
  readonly url: string;
  readonly apiKey: string;
}

export interface TestHub extends HubAddress, AsyncDisposable {
  readonly home: string;
  readonly access: Access;
  readonly database: Database;
  /** The first line of the log, past or to come, that satisfies `wanted`. */
  line(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  /** A key with these permissions only. */
  keyWith(...permissions: string[]): Promise<string>;
}

/** The real server, composed in this process on a database and port of its own. */
export async function startHub(settings: Settings = {}): Promise<TestHub> {
  const home = await mkdtemp(join(tmpdir(), 'reeve-openai-'));
  const env = {
    REEVE_HOME: home,
    REEVE_PORT: '0',
    REEVE_DEMO_ENABLED: 'false',
    // Backends are broken here on purpose, again and again; what breakers do about that has tests of its own.
    REEVE_HUB_BREAKER_FAILURES: '1000',
    ...settings,
  };
  const configuration = loadSystemConfiguration({ directory: home, env }).value;
  const lines = new Lines();
  const log = createLogger({ level: 'debug', destination: { write: (text: string) => lines.add(text) } });
  const lifecycle = createLifecycle({ graceMs: 5_000, log });
  const { url, access, database } = await serve({ configuration, log, lifecycle });
  const keyWith = async (...permissions: string[]) =>
    (await access.ensureKey({ name: `test ${permissions.join(' ')}`.slice(0, 100), tenant: 'default', permissions }))
      .text;
  return {
    url,
    home,
    apiKey: await keyWith('models:read', 'chat:use', 'agents:connect', 'tasks:*', 'events:read'),
    access,
    database,
    line: (wanted) => lines.find(wanted),
    keyWith,
    async [Symbol.asyncDispose]() {
      await lifecycle.stop('end of test');
      await rm(home, { recursive: true });
    },
  };
}

class Lines {
  readonly #seen: LogLine[] = [];
  readonly #waiting = new Set<(line: LogLine) => void>();

  add(text: string): void {
    const line = JSON.parse(text) as LogLine;
    this.#seen.push(line);
    for (const look of this.#waiting) look(line);
  }

  find(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    const past = this.#seen.find(wanted);
    if (past) return Promise.resolve(past);
    return new Promise((resolve) => {
      const look = (line: LogLine): void => {
        if (!wanted(line)) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
    });
  }
}

export interface HubProcess extends HubAddress, AsyncDisposable {
  readonly home: string;
  readonly process: SystemProcess;
}

/** A hub as a process of its own, for tests that kill it. With `home` it takes up an earlier one's record. */
export async function startHubProcess(settings: Settings = {}, home?: string): Promise<HubProcess> {
  const folder = home ?? (await mkdtemp(join(tmpdir(), 'reeve-openai-')));
  const env = { REEVE_HOME: folder, REEVE_PORT: '0', REEVE_DEMO_ENABLED: 'false', ...settings };
  const hub = startProcess('up', {}, env);
  await hub.line(({ text }) => typeof text === 'string' && text.startsWith('Reeve is up at'));
  const { url, apiKey } = JSON.parse(await readFile(join(folder, 'dev.json'), 'utf8')) as HubAddress;
  return {
    url,
    apiKey,
    home: folder,
    process: hub,
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** `reeve node` in front of a backend; resolves when the hub has taken it in. */
export async function startNode(hub: HubAddress, backend: string, options: object = {}): Promise<SystemProcess> {
  const state = await mkdtemp(join(tmpdir(), 'reeve-node-'));
  const node = startProcess(
    'node',
    { backend, url: hub.url, benchmarkMs: 0, probe: false, state, ...options },
    { REEVE_API_KEY: hub.apiKey },
  );
  await node.line(({ state: connection }) => connection === 'online');
  const dispose = async (): Promise<void> => {
    await node[Symbol.asyncDispose]();
    await rm(state, { recursive: true });
  };
  return { ...node, [Symbol.asyncDispose]: dispose };
}

export type LocalNodeOptions = Omit<MarketNodeOptions, 'backend'> & { readonly name?: string };

/** A node in this process, for tests that do not end it: what `reeve node` runs, without the second to start it. */
export async function startLocalNode(
  hub: HubAddress,
  backend: string,
  { name = 'local', ...options }: LocalNodeOptions = {},
): Promise<AsyncDisposable> {
  const signal = AbortSignal.timeout(10_000);
  const node = await createMarketNode({ ...options, backend: createOpenAiBackend({ url: backend }) }, signal);
  const offer = { ...node.declaration.offer, name };
  const { url, apiKey } = hub;
  const agent = await connectAgent({ url, apiKey, offer, handler: node.handler, log: silent });
  return {
    async [Symbol.asyncDispose]() {
      await agent.stop({ drain: false });
      await node.close();
    },
  };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The unmodified client of OpenAI; it tries nothing again by itself, so that tests see what the hub answers. */
export function openAi({ url, apiKey }: HubAddress): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}
