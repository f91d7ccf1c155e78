import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { WorkerProcess } from './peer.ts';

interface Expectation {
  readonly count: number;
}
interface Reached {
  readonly atNs: string;
}

/** Starts a file of this folder as the worker of its queue, and waits until it says that it works. */
export async function startWorker(file: string, env: Record<string, string>): Promise<WorkerProcess> {
  const child = fork(file, ['worker'], { execArgv: process.execArgv, env: { ...process.env, ...env } });
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the worker of ${file} ended with ${code}`)),
  );
  ended.catch(() => {}); // told to whoever waits for it
  await Promise.race([once(child, 'message'), ended]);
  return {
    async ran(count) {
      const reached = once(child, 'message') as Promise<[Reached]>;
      child.send({ count } satisfies Expectation);
      return BigInt((await Promise.race([reached, ended]))[0].atNs);
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

/** In the worker: `ran` is called for each task; what ran before anybody asked counts for the next who does. */
export function reporter(): { ready(): void; ran(count?: number): void } {
  let ran = 0;
  let wanted = Infinity;
  const look = (): void => {
    if (ran < wanted) return;
    ran -= wanted;
    wanted = Infinity;
    process.send!({ atNs: String(process.hrtime.bigint()) } satisfies Reached);
  };
  // Whoever started it has ended, however that was.
  process.on('disconnect', () => process.exit(1));
  process.on('message', ({ count }: Expectation) => {
    wanted = count;
    look();
  });
  return {
    ready: () => process.send!('ready'),
    ran(count = 1) {
      ran += count;
      look();
    },
  };
}

export const isWorker = process.argv[2] === 'worker' && process.send !== undefined;
