import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const reeve = fileURLToPath(new URL('../packages/cli/bin/reeve.js', import.meta.url));

/** A `reeve …` that runs until it is told to end, in a process group of its own. */
export class Running {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Starts it, and waits for the line that says that it is ready. @throws Error when it ends instead. */
  static async start(
    parameters: readonly string[],
    environment: Record<string, string>,
    ready: string,
  ): Promise<Running> {
    const child = spawn(process.execPath, [reeve, ...parameters], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.includes(ready)) continue;
      child.stdout.resume(); // what it says later would fill the pipe
      return new Running(child);
    }
    throw new Error(`reeve ${parameters.join(' ')} ended before it was ready`);
  }

  get isThere(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** To the command and to what it has started. */
  signal(name: NodeJS.Signals): void {
    process.kill(-this.#child.pid!, name);
  }

  /** Ends it in order, and waits until it has ended. */
  async end(): Promise<void> {
    if (!this.isThere) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM'); // the command passes it on
    await ended;
  }
}

export interface Hub {
  readonly url: string;
  readonly apiKey: string;
}

/** Everything that runs in this story; nothing of it is left afterwards, however the story ends. */
export class System implements AsyncDisposable {
  readonly #home = mkdtempSync(join(tmpdir(), 'reeve-example-'));
  readonly #running: Running[] = [];

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
    process.once('exit', () => this.#cutShort());
  }

  /** `reeve up`, on a free port. */
  async startHub(): Promise<Hub> {
    await this.#start(['up', '--no-demo', '--port', '0', '--home', this.#home], {}, 'Reeve is up at');
    return JSON.parse(readFileSync(join(this.#home, 'dev.json'), 'utf8')) as Hub;
  }

  /** `reeve agents run`; resolves once the hub has taken the agent in. */
  startAgent({ url, apiKey }: Hub, name: string, capability: string, command: readonly string[]): Promise<Running> {
    const parameters = ['agents', 'run', '--name', name, '--capability', capability, '--', ...command];
    return this.#start(parameters, { REEVE_URL: url, REEVE_API_KEY: apiKey }, '"state":"online"');
  }

  /** `reeve node`; resolves once the hub has taken the node in. Under the same name it goes on with its own receipts. */
  startNode({ url, apiKey }: Hub, name: string, parameters: readonly string[]): Promise<Running> {
    const environment = { REEVE_URL: url, REEVE_API_KEY: apiKey, REEVE_HOME: this.#home };
    return this.#start(['node', '--name', name, ...parameters], environment, '"state":"online"');
  }

  /** A file of the story, which goes with it. */
  file(name: string): string {
    return join(this.#home, name);
  }

  async #start(...how: Parameters<typeof Running.start>): Promise<Running> {
    const running = await Running.start(...how);
    this.#running.push(running);
    return running;
  }

  /** Ends everything in order, the hub last. */
  async end(): Promise<void> {
    const [hub, ...agents] = this.#running;
    await Promise.all(agents.map((agent) => agent.end()));
    await hub?.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    this.#cutShort();
  }

  #cutShort(): void {
    for (const running of this.#running) if (running.isThere) running.signal('SIGKILL');
    rmSync(this.#home, { recursive: true, force: true });
  }
}
