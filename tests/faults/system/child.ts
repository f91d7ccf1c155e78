import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

const outputLimit = 256 * 1024;

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the system under test: what it printed, and how it ended. Killed at the latest when it is disposed of. */
export class Child implements AsyncDisposable {
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  readonly #isGroup: boolean;
  #output = '';
  #exit: Exit | undefined;

  /** With `detached` it is the first of a process group, and signals go to the whole group. */
  constructor(program: string, parameters: readonly string[], options: SpawnOptions = {}) {
    this.#isGroup = options.detached === true;
    this.process = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => (this.#output = (this.#output + text).slice(-outputLimit)));
    this.exited = new Promise((resolve, reject) => {
      this.process.once('error', reject);
      this.process.once('close', (code, signal) => resolve((this.#exit = { code, signal })));
    });
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The end of what it wrote to standard output and error. */
  get output(): string {
    return this.#output;
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#exit !== undefined) return;
    if (this.#isGroup) process.kill(-this.pid, name);
    else this.process.kill(name);
  }

  /** Ends it as a power cut would, without a chance to say or write anything more. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#exit === undefined) await this.kill();
  }
}
