import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../packages/server/src/main.ts', import.meta.url));

export type LogLine = Readonly<Record<string, unknown>>;

/** A process of the system, as `npm start` or `reeve node` would run it. */
export interface SystemProcess extends AsyncDisposable {
  readonly pid: number;
  /** The first line of its log, past or to come, that satisfies `wanted`. Rejects when the process ends before. */
  line(wanted: (line: LogLine) => boolean): Promise<LogLine>;
  /** Ends it at once, as a power cut would. */
  killNow(): Promise<void>;
  /** Asks it to end; answers its exit code. */
  stop(): Promise<number | null>;
}

/** Starts `main.ts <role> <options>`. Lines that are not JSON appear as `{ text }`. */
export function startProcess(role: string, options: object, env: Readonly<Record<string, string>>): SystemProcess {
  const child = spawn(process.execPath, ['--conditions=reeve-source', main, role, JSON.stringify(options)], {
    env: { ...ownEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  const ended = once(child, 'exit').then(() => child.exitCode);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      const line = parsed(text);
      seen.push(line);
      for (const look of waiting) look(line);
    });
  }

  function line(wanted: (line: LogLine) => boolean): Promise<LogLine> {
    const past = seen.find(wanted);
    if (past) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const look = (next: LogLine): void => {
        if (!wanted(next)) return;
        waiting.delete(look);
        resolve(next);
      };
      waiting.add(look);
      void ended.then(() => reject(new Error(`the ${role} ended early: ${JSON.stringify(seen.slice(-5))}`)));
    });
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  }

  return {
    pid: child.pid!,
    line,
    killNow: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: async () => void (await end('SIGKILL')),
  };
}

/** Settings of the one who runs the tests must not reach the system under test. */
function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REEVE_')));
}

function parsed(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { text };
  }
}
