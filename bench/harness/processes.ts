import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A program under measurement, in a process of its own. */
export interface Measured {
  readonly pid: number;
  /** CPU time so far, of it and whatever it started, in milliseconds. */
  cpuMs(): number;
  residentBytes(): number;
  stop(): Promise<void>;
}

const clockTicksPerSecond = 100;
/** As `npm start` has it. */
const source = ['--max-semi-space-size=8', '--conditions=reeve-source'];

/** Starts a TypeScript file of this repository and waits for its first line on standard output that `ready` accepts. */
export async function start(
  file: string,
  parameters: readonly string[],
  env: Record<string, string>,
  ready: (line: string) => boolean,
): Promise<Measured & { readonly line: string }> {
  const child = spawn(process.execPath, [...source, file, ...parameters], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await firstLine(child, ready);
  const pid = child.pid!;
  return {
    pid,
    line,
    cpuMs: () => cpuMsOf(pid),
    residentBytes: () => residentBytesOf(pid),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess, ready: (line: string) => boolean): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  for await (const line of lines) {
    if (!ready(line)) continue;
    // Keep reading, so that the pipe never fills up and blocks what is measured.
    child.stdout!.resume();
    return line;
  }
  throw new Error('the process ended before it was ready');
}

export interface RunningHub extends Measured {
  readonly url: string;
  readonly apiKey: string;
}

/** Where a hub keeps its data; it outlives the hub until it is disposed of. */
export function newHome(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'reeve-bench-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts a hub as `npm start` does, without the demo node; in a home of its own that is removed at the end, or in `REEVE_HOME`. */
export async function startHub(env: Record<string, string> = {}): Promise<RunningHub> {
  const own = env['REEVE_HOME'] === undefined ? newHome() : undefined;
  const home = env['REEVE_HOME'] ?? own!.path;
  const settings = { REEVE_HOME: home, REEVE_PORT: '0', REEVE_LOG_LEVEL: 'warn', REEVE_DEMO_ENABLED: 'false', ...env };
  const process = await start('packages/server/src/main.ts', ['up'], settings, (line) =>
    line.startsWith('Keys are in'),
  );
  const { url, apiKey } = JSON.parse(readFileSync(join(home, 'dev.json'), 'utf8')) as { url: string; apiKey: string };
  const stop = async (): Promise<void> => {
    await process.stop();
    own?.[Symbol.dispose]();
  };
  return { ...process, url, apiKey, stop };
}

/** CPU time of a process, of whatever it started, and of what these started in turn, ended or not. */
export function cpuMsOf(pid: number): number {
  return familyOf(pid).reduce((sum, member) => sum + cpuTicksOf(member), 0) * (1_000 / clockTicksPerSecond);
}

/** A process and its living descendants; one that ends while they are looked up has none. */
function familyOf(pid: number): number[] {
  const threads = readIfThere(`/proc/${pid}/task`, (path) => readdirSync(path)) ?? [];
  const children = threads.flatMap((thread) => {
    const text = readIfThere(`/proc/${pid}/task/${thread}/children`, (path) => readFileSync(path, 'utf8')) ?? '';
    return text.split(' ').filter(Boolean).map(Number);
  });
  return [pid, ...children.flatMap(familyOf)];
}

/** Its own and that of its children that have ended, in user and in system; 0 when it is gone. */
function cpuTicksOf(pid: number): number {
  const line = readIfThere(`/proc/${pid}/stat`, (path) => readFileSync(path, 'utf8')) ?? '';
  // After its name, which may hold anything, comes its state; the four times are 11 fields further on.
  const times = line
    .slice(line.lastIndexOf(') ') + 2)
    .split(' ')
    .slice(11, 15);
  return times.reduce((sum, ticks) => sum + Number(ticks), 0);
}

/** What is below /proc goes with its process: no file, or no process behind one that is open already. */
function readIfThere<T>(path: string, read: (path: string) => T): T | undefined {
  try {
    return read(path);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code!)) return undefined;
    throw error;
  }
}

export function residentBytesOf(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4_096;
}

/** CPU time of the whole machine that was not idle, in milliseconds. */
export function machineBusyMs(): number {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!.trim().split(/\s+/).slice(1).map(Number);
  const idle = fields[3]! + fields[4]!;
  return ((fields.reduce((sum, ticks) => sum + ticks, 0) - idle) * 1_000) / clockTicksPerSecond;
}
