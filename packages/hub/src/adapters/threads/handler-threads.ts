import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidInput } from '@reeve/kernel';
import { Piscina } from 'piscina';
import type { Capability } from '../../api/agent.ts';
import type { HandlerLog } from '../../api/define-handler.ts';
import type { Handler } from '../../api/handler.ts';
import { attemptInThread } from './attempt-in-thread.ts';
import { HandlerModuleUnusable } from './errors.ts';
import type { Described } from './messages.ts';

/** However many processors there are: a thread has a heap of its own, and more of them only wait for each other. */
const mostThreads = 100;

export interface HandlerThreadsOptions {
  /** Path of the module that exports handlers; a relative one starts at the working directory. */
  readonly module: string;
  /** Attempts at the same time, 1–100; as many as there are processors when not given. */
  readonly maxThreads?: number;
  /** Threads that are kept ready; 1 when not given. */
  readonly warmThreads?: number;
  /** A thread beyond the warm ones ends when it had nothing to do for so long; 1 min when not given. */
  readonly idleTimeoutMs?: number;
  /** Heap of one thread; Node's default when not given. */
  readonly memoryMib?: number;
  /** Between the signal of an attempt that is not wanted any more and the end of its thread; 5 s when not given. */
  readonly graceMs?: number;
  readonly log: HandlerLog;
}

/** The handlers of a module, in a pool of warm threads. */
export interface HandlerThreads extends AsyncDisposable {
  readonly capabilities: readonly Capability[];
  readonly maxThreads: number;
  /** Threads at this moment. */
  readonly threads: number;
  /** Works on one attempt in a thread; at most `maxThreads` at a time, further ones wait. */
  readonly handler: Handler;
}

/**
 * Loads a module of handlers in threads. Nothing of the module runs on the thread of the caller: neither a handler that
 * computes for minutes nor one that crashes or runs out of memory is felt by anything but its own attempt.
 * @throws ReeveError `invalid_input` (options), `handler_module_unusable`.
 */
export async function createHandlerThreads(options: HandlerThreadsOptions): Promise<HandlerThreads> {
  const module = resolve(options.module);
  const { maxThreads, warmThreads } = threadCounts(options);
  const pool = createPool(options, { module, maxThreads, warmThreads });
  // A thread that ends while it has nothing to do: the next attempt starts another.
  pool.on('error', (error) => options.log.warn({ err: error as Error }, 'an idle handler thread ended'));
  try {
    const capabilities = await capabilitiesOf(pool, module);
    const components = { pool, graceMs: options.graceMs ?? 5_000, log: options.log };
    return {
      capabilities,
      maxThreads,
      get threads() {
        return pool.threads.length;
      },
      handler(input, context) {
        const { taskId, attempt, fence, capability } = context;
        const lease = { taskId, attempt, fence, capability, idempotencyToken: taskId };
        return attemptInThread(components, { lease, input }, context);
      },
      [Symbol.asyncDispose]: () => pool.destroy(),
    };
  } catch (error) {
    await pool.destroy();
    throw error;
  }
}

function threadCounts({ maxThreads, warmThreads = 1 }: HandlerThreadsOptions) {
  const most = maxThreads ?? Math.min(mostThreads, availableParallelism());
  if (!Number.isInteger(most) || most < 1 || most > mostThreads)
    throw InvalidInput.error(`a pool has 1 to ${mostThreads} threads, not ${most}`);
  if (!Number.isInteger(warmThreads) || warmThreads < 0 || warmThreads > most)
    throw InvalidInput.error(`of ${most} threads 0 to ${most} can be kept warm, not ${warmThreads}`);
  return { maxThreads: most, warmThreads };
}

interface PoolShape {
  readonly module: string;
  readonly maxThreads: number;
  readonly warmThreads: number;
}

function createPool(options: HandlerThreadsOptions, { module, maxThreads, warmThreads }: PoolShape): Piscina {
  const { idleTimeoutMs = 60_000, memoryMib } = options;
  return new Piscina({
    filename: fileURLToPath(new URL('./thread.ts', import.meta.url)),
    name: 'run',
    workerData: { module },
    minThreads: warmThreads,
    maxThreads,
    idleTimeout: idleTimeoutMs,
    // Waiting by Atomics would stop what a handler left running between attempts: timers, keep-alive of connections.
    atomics: 'disabled',
    recordTiming: false,
    ...(memoryMib !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMib } }),
  });
}

async function capabilitiesOf(pool: Piscina, module: string): Promise<readonly Capability[]> {
  const described = await (pool.run({}, { name: 'describe' }) as Promise<Described>).catch((cause: Error) => {
    throw HandlerModuleUnusable.error(`${module} ended the thread that loaded it: ${cause.message}`, { cause });
  });
  if ('failure' in described) throw HandlerModuleUnusable.error(described.failure.message);
  return described.capabilities;
}
