import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createColors } from 'picocolors';
import type { Environment } from '../src/environment.ts';
import { run } from '../src/run.ts';
import { createSession } from '../src/session.ts';
import type { Terminal } from '../src/terminal.ts';

const launcher = fileURLToPath(new URL('../bin/reeve.js', import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which `reeve` runs as a person would run it: a process of its own, no terminal, a clean environment. */
export class Workplace implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'reeve-cli-'));
  readonly #running: ChildProcess[] = [];

  /** Runs a command to its end. */
  async reeve(args: readonly string[], input = '', environment: Record<string, string> = {}): Promise<Outcome> {
    const child = this.#spawn(args, environment);
    child.stdin!.on('error', () => {}); // a command need not read its input
    child.stdin!.end(input);
    const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
    return { code: code as number, stdout, stderr };
  }

  /**
   * The answer of a command that must succeed, with `--json`. It runs in this process, which takes a fraction of the time:
   * for what is asked on the way. What a process of its own is, `reeve` shows.
   */
  async json<Answer = Record<string, unknown>>(...args: string[]): Promise<Answer> {
    const [printed, noted]: [string[], string[]] = [[], []];
    const terminal: Terminal = {
      colours: createColors(false),
      columns: undefined,
      interactive: false,
      print: (line) => void printed.push(line),
      note: (line) => void noted.push(line),
    };
    const code = await run(createSession(terminal, this.#environment), [...args, '--json']);
    if (code !== 0) throw new Error(`reeve ${args.join(' ')} ended with ${code}: ${noted.join('\n')}`);
    return JSON.parse(printed.join('\n')) as Answer;
  }

  get #environment(): Environment {
    return {
      url: undefined,
      apiKey: undefined,
      home: join(this.folder, '.reeve'),
      loginFile: join(this.folder, 'reeve', 'logins.json'),
      wantsColour: false,
      debug: false,
    };
  }

  /** Starts a command that stays, and waits for a line that says it is ready. */
  async start(
    args: readonly string[],
    readyLine: RegExp,
    environment: Record<string, string> = {},
  ): Promise<ChildProcess> {
    const child = this.#spawn(args, environment);
    const said: string[] = [];
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout!, child.stderr!]) {
        createInterface({ input: stream }).on('line', (line) => {
          said.push(line);
          if (readyLine.test(line)) resolve();
        });
      }
      child.once('exit', (code) =>
        reject(new Error(`reeve ${args.join(' ')} ended with ${code}:\n${said.join('\n')}`)),
      );
    });
    return child;
  }

  startHub(): Promise<ChildProcess> {
    return this.start(['up', '--port', '0', '--no-demo'], /^Reeve is up at/);
  }

  credentials(): { url: string; apiKey: string; ownerKey: string } {
    return JSON.parse(readFileSync(join(this.folder, '.reeve', 'dev.json'), 'utf8')) as never;
  }

  #spawn(args: readonly string[], environment: Record<string, string>): ChildProcess {
    const { PATH = '', HOME = '', TMPDIR = tmpdir() } = process.env;
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: this.folder,
      env: { PATH, HOME, TMPDIR, XDG_CONFIG_HOME: this.folder, ...environment },
      stdio: 'pipe',
    });
    this.#running.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const [hub, ...others] = this.#running; // if there is one, it was started first
    await Promise.all(others.map((child) => ended(child)));
    if (hub) await ended(hub);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks a process to end, and gives its exit code. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exit = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await exit)[0];
}
