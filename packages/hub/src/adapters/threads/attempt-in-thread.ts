import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { HandlerLog } from '../../api/define-handler.ts';
import type { TaskContext } from '../../api/handler.ts';
import { HandlerOutOfMemory, HandlerThreadEnded } from './errors.ts';
import type { Failure, PoolMessage, ThreadAttempt, ThreadMessage } from './messages.ts';

export interface ThreadComponents {
  readonly pool: Pick<Piscina, 'run'>;
  /** Between the signal of an attempt and the end of its thread. */
  readonly graceMs: number;
  readonly log: HandlerLog;
}

/** What a handler threw; the agent kit reads code, retryable and details of it. */
class HandlerFailure extends Error {
  constructor({ message, ...facts }: Failure) {
    super(message);
    Object.assign(this, facts);
  }
}

/**
 * Has one attempt worked on by a thread and gives its output. When the attempt is not wanted any more its signal is
 * aborted in the thread; a handler that has not ended `graceMs` later is ended with its thread.
 * @throws what the handler threw; ReeveError `handler_thread_ended`, `handler_out_of_memory` when the thread is gone.
 */
export async function attemptInThread(
  { pool, graceMs, log }: ThreadComponents,
  attempt: Omit<ThreadAttempt, 'port'>,
  context: TaskContext,
): Promise<unknown> {
  const { signal, taskId } = context;
  signal.throwIfAborted();
  const { port1: ours, port2: port } = new MessageChannel();
  const ended = Promise.withResolvers<unknown>();
  ended.promise.catch(() => {}); // a thread that is gone is told by the pool
  ours.on('message', (message: ThreadMessage) => {
    if (message.type !== 'ended') return relay(message, context, log, say);
    if ('failure' in message) ended.reject(new HandlerFailure(message.failure));
    else ended.resolve(message.output);
  });
  const killer = new AbortController();
  let graceTimer: NodeJS.Timeout | undefined;
  const abort = (): void => {
    say({ type: 'abort', reason: String((signal.reason as Error | undefined)?.message ?? 'aborted') });
    graceTimer = setTimeout(() => {
      log.warn({ taskId, graceMs }, 'a handler ignored its signal and is ended with its thread');
      killer.abort();
    }, graceMs);
  };
  signal.addEventListener('abort', abort, { once: true });
  try {
    await pool.run({ ...attempt, port }, { name: 'run', transferList: [port], signal: killer.signal });
    return await ended.promise;
  } catch (error) {
    throw error instanceof HandlerFailure ? error : threadError(error);
  } finally {
    signal.removeEventListener('abort', abort);
    clearTimeout(graceTimer);
    ours.close();
  }

  function say(message: PoolMessage): void {
    ours.postMessage(message);
  }
}

type Said = Exclude<ThreadMessage, { type: 'ended' }>;

function relay(said: Said, context: TaskContext, log: HandlerLog, say: (message: PoolMessage) => void): void {
  const { taskId, attempt } = context;
  if (said.type === 'log') return log[said.level]({ taskId, attempt, ...said.facts }, said.message);
  if (said.type === 'progress') return context.progress(said.value);
  context.emit(said.chunk).then(
    () => say({ type: 'emitted', id: said.id }),
    (error: Error) => say({ type: 'emitted', id: said.id, refused: error.message }),
  );
}

function threadError(error: unknown): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return HandlerOutOfMemory.error('the handler used more memory than its thread may have', { cause: error });
  return HandlerThreadEnded.error(`the thread of the handler ended: ${message}`, { cause: error });
}
