import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api, readKeys, type Keys } from './api.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const mainFile = join(root, 'packages/server/src/main.ts');

export interface HubOptions {
  /** Settings as environment variables without their prefix: `{ HUB_LEASE_TTL_MS: '1000' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Another entry than the product's. */
  readonly entry?: string;
  /** Program that the hub is run under, such as strace; signals then go to both. */
  readonly under?: readonly string[];
  readonly demo?: boolean;
}

/** A home folder and a port on which one hub is started, killed and started again. */
export class HubHome implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  readonly options: HubOptions;
  readonly #children: Child[] = [];
  #kept = false;

  constructor(port: number, options: HubOptions, folder: string) {
    this.port = port;
    this.options = options;
    this.folder = folder;
  }

  static async create(options: HubOptions = {}, folder?: string): Promise<HubHome> {
    return new HubHome(await freePort(), options, folder ?? mkdtempSync(join(tmpdir(), 'reeve-home-')));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Keys that the first start wrote down. */
  get keys(): Keys {
    return readKeys(this.folder);
  }

  /** Speaks as the owner. */
  get api(): Api {
    return new Api(this.url, this.keys.ownerKey);
  }

  /** Environment of a hub here, and of everything that is to talk to it. */
  get environment(): NodeJS.ProcessEnv {
    const settings = Object.entries(this.options.settings ?? {}).map(([name, value]) => [`REEVE_${name}`, value]);
    return {
      ...withoutReeve(process.env),
      ...Object.fromEntries(settings),
      REEVE_HOME: this.folder,
      REEVE_PORT: `${this.port}`,
    };
  }

  /** Starts a hub without waiting for it. */
  spawn(): Child {
    const { entry = mainFile, under = [], demo = false } = this.options;
    const command = [...under, process.execPath, '--conditions=reeve-source', entry, 'up', JSON.stringify({ demo })];
    const options = { cwd: root, env: this.environment, detached: under.length > 0 };
    const child = new Child(command[0]!, command.slice(1), options);
    this.#children.push(child);
    return child;
  }

  /** Starts a hub and waits until it is ready. @throws Error with its output when it ends instead. */
  async start(): Promise<Child> {
    const child = this.spawn();
    await this.ready(child);
    return child;
  }

  async ready(child: Child, withinMs = 20_000): Promise<void> {
    await eventually(
      'the hub is ready',
      async () => {
        if (child.exit) return 'ended';
        const { status } = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
        // The keys are written after the port is open.
        return status === 200 && this.keys.url === this.url ? 'ready' : undefined;
      },
      { withinMs, everyMs: 20 },
    );
    if (child.exit) throw new Error(`the hub ended with ${JSON.stringify(child.exit)}:\n${child.output}`);
  }

  /** Leaves the folder where it is, for someone to look at. */
  keep(): string {
    this.#kept = true;
    return this.folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await child[Symbol.asyncDispose]();
    if (!this.#kept) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the person who runs the tests has set for a Reeve of their own does not reach these. */
function withoutReeve(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('REEVE_')));
}
