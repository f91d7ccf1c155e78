import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { CommitterOptions } from './committer.ts';

const script = fileURLToPath(new URL('./committer.ts', import.meta.url));

export interface CommitterProcess {
  readonly pid: number;
  /** Ids acknowledged so far. */
  readonly acknowledged: readonly string[];
  /** Resolves when at least so many were acknowledged. */
  acknowledgements(count: number): Promise<void>;
  /** Kills it with SIGKILL; resolves when it is gone and all that it wrote was read. */
  kill(): Promise<void>;
}

/** Starts a process that commits units; resolves when it has the database open. */
export async function startCommitter(options: CommitterOptions): Promise<CommitterProcess> {
  const child = spawn(process.execPath, ['--conditions=reeve-source', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const closed = once(child, 'close');
  const acknowledged: string[] = [];
  const watchers = new Set<() => void>();
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready.resolve();
    if (line.startsWith('ack ')) acknowledged.push(line.slice('ack '.length));
    for (const watch of watchers) watch();
  });
  void closed.then(() => ready.reject(new Error('the committer ended before it was ready')));
  await ready.promise;
  return {
    pid: child.pid!,
    acknowledged,
    acknowledgements: (count) => reached(watchers, () => acknowledged.length >= count),
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

function reached(watchers: Set<() => void>, isReached: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watch = (): void => {
      if (!isReached()) return;
      watchers.delete(watch);
      resolve();
    };
    watchers.add(watch);
    watch();
  });
}
