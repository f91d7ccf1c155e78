import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentWith, type Lifecycle, type Logger } from '@reeve/platform';
import type { DevCredentials } from './dev-credentials.ts';

/**
 * Starts the demo node as a process of its own, as any node is, and ends it with the system: also when the system is
 * killed, for then the system closes the node's standard input. Resolves when its model is served, or it has ended.
 */
export function startDemoNode(
  { url, apiKey }: DevCredentials,
  home: string,
  { log, lifecycle }: { log: Logger; lifecycle: Lifecycle },
): Promise<void> {
  const main = fileURLToPath(new URL(`./main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
  const state = join(home, 'nodes', 'demo');
  const options = JSON.stringify({ mini: true, url, name: 'demo', state, endWithInput: true, benchmarkMs: 0 });
  const child = spawn(process.execPath, [...process.execArgv, main, 'node', options], {
    env: environmentWith({ REEVE_API_KEY: apiKey }),
    stdio: ['pipe', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<void>((resolve) =>
    child.once('error', (error) => {
      log.error({ err: error }, 'the demo node could not be started');
      resolve();
    }),
  );
  child.once('exit', (code, signal) => {
    if (lifecycle.stopping.aborted) return;
    log.error({ code, signal, startAgain: 'npm run -s reeve -- node --mini' }, 'the demo node ended');
  });
  lifecycle.onStop('connections', 'demo node', async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  });
  const serves = new Promise<void>((resolve) => child.once('message', () => resolve()));
  return Promise.race([serves, ended, failed]);
}
