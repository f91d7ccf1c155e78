import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandNotStarted } from './errors.ts';

/** How a command ended: by itself with a code, or by a signal. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A command with all processes it starts, as one thing that can be stopped. */
export interface ProcessGroup {
  readonly child: ChildProcess;
  /** When the command itself has ended; whatever it left behind in its group has been killed by then. */
  readonly ended: Promise<CommandEnd>;
  /** When its output has been read to the end as well. */
  readonly closed: Promise<void>;
  /** SIGTERM to the whole group, SIGKILL after `graceMs`. Idempotent. */
  stop(graceMs: number): void;
}

/**
 * Starts a command in a process group of its own, never through a shell.
 * @throws ReeveError `command_not_started`.
 */
export async function startGroup(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env: Record<string, string> },
): Promise<ProcessGroup> {
  const [program, ...args] = command as [string, ...string[]];
  const child = spawn(program, args, { ...options, detached: true, stdio: 'pipe', shell: false, windowsHide: true });
  const ended = endOf(child);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await started(child, program);
  return { child, ended, closed, stop: stopper(child, ended) };
}

function stopper(child: ChildProcess, ended: Promise<CommandEnd>): ProcessGroup['stop'] {
  let killTimer: NodeJS.Timeout | undefined;
  return (graceMs) => {
    if (killTimer !== undefined) return;
    killTimer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
    signalGroup(child, 'SIGTERM');
    void ended.then(() => {
      clearTimeout(killTimer);
      // A process that left the group may hold the pipes open; nobody reads them any more.
      child.stdout?.destroy();
      child.stderr?.destroy();
    });
  };
}

async function started(child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such program or working directory' : String(code);
    throw CommandNotStarted.error(`${program} could not be started: ${reason}`, { cause, details: { program } });
  }
}

function endOf(child: ChildProcess): Promise<CommandEnd> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      signalGroup(child, 'SIGKILL'); // what the command left running would outlive its lease
      resolve({ code, signal });
    });
    child.on('error', () => {}); // a failed start is told by `started`; a failed kill by the group's end
  });
}

/** Signals every process of the group. That there is none left is no failure (macOS says EPERM when all are zombies). */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || (signal === 'SIGTERM' && hasEnded(child))) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
