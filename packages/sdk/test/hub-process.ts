import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const serverMain = fileURLToPath(import.meta.resolve('@reeve/server/main'));

export interface Credentials {
  readonly url: string;
  readonly apiKey: string;
  readonly ownerKey: string;
}

/** A hub in a process of its own, with a home that goes with it. */
export class HubProcess implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'reeve-sdk-'));
  credentials!: Credentials;
  #child!: ChildProcess;
  #port = 0;

  static async start(): Promise<HubProcess> {
    const hub = new HubProcess();
    await hub.#start();
    return hub;
  }

  async #start(): Promise<void> {
    const options = JSON.stringify({ demo: false, port: this.#port, home: this.home });
    this.#child = spawn(process.execPath, ['--conditions=reeve-source', serverMain, 'up', options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, REEVE_HOME: this.home },
    });
    await saidThatItIsUp(this.#child);
    const path = join(this.home, 'dev.json');
    this.credentials = JSON.parse(readFileSync(path, 'utf8')) as Credentials;
    this.#port = Number(new URL(this.credentials.url).port);
  }

  /** As if the power had gone, and come back: the same home and port. */
  async killAndStart(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await ended;
    }
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Reads on afterwards, so that the hub can go on writing. */
async function saidThatItIsUp(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      said.push(line);
      if (line.startsWith('Reeve is up at')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the hub ended with ${code}:\n${said.join('\n')}`)));
  });
}
