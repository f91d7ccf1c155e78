/** One child process of a command, with the terminal handed through or its output kept. */
import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string>>;

/** Runs a program with this terminal. @returns its exit code; 1 when a signal ended it or it could not start. */
export function run(program: string, parameters: readonly string[], environment: Environment = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: 'inherit', env: { ...process.env, ...environment } });
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}

export interface Captured {
  readonly code: number;
  /** Standard output and standard error, in the order in which they came. */
  readonly output: string;
}

interface CaptureOptions {
  readonly folder?: string;
  readonly environment?: Environment;
  /** After this the whole process group is killed and the code is 124, as with `timeout`. */
  readonly timeoutMs?: number;
}

export function capture(
  program: string,
  parameters: readonly string[],
  { folder, environment = {}, timeoutMs }: CaptureOptions = {},
): Promise<Captured> {
  return new Promise((resolve, reject) => {
    // Its own group, so that a time-out also ends what the child started.
    const child = spawn(program, parameters, {
      ...(folder === undefined ? {} : { cwd: folder }),
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let isLate = false;
    const keep = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const kill = (): void => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: isLate ? 124 : (code ?? 1), output });
    });
  });
}
