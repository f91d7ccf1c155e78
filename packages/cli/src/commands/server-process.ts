import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../environment.ts';

/** Half of Node's own young generation: some 13 MB less at rest, and no slower in bulk (bench/hub.ts). */
const memory = ['--max-semi-space-size=8'];
/** glibc keeps a heap for each thread, and has a dozen threads here: two are enough, and 3 MB less at rest. */
const heaps = { MALLOC_ARENA_MAX: '2' };

/** What the server package can be started as. */
export type ServerRole =
  | 'up'
  | 'node'
  | 'node-bench'
  | 'agent'
  | 'handlers'
  | 'mcp'
  | 'alerts'
  | 'dashboards'
  | 'config'
  | 'db-backup'
  | 'db-restore'
  | 'db-move'
  | 'receipts-verify'
  | 'pricing-simulate';

/**
 * Runs a role of the server as a child process with this terminal, passes signals on, and gives its exit code. An API
 * key travels in the environment: arguments can be read by everyone on the machine.
 */
export function runServer(
  role: ServerRole,
  options: object,
  environment: Record<string, string> = {},
): Promise<number> {
  const main = fileURLToPath(import.meta.resolve('@reeve/server/main'));
  // Built packages need no condition; from source, the child must resolve as this process does.
  const conditions = main.endsWith('.ts') ? ['--conditions=reeve-source'] : [];
  const child = spawn(process.execPath, [...memory, ...conditions, main, role, JSON.stringify(options)], {
    stdio: 'inherit',
    env: { ...heaps, ...childEnvironment(environment) },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // A terminal sends SIGINT to both processes; a second one would cut the child's orderly end short.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  });
}
