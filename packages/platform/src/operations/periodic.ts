import type { Logger } from '../log/logger.ts';

/**
 * Runs `work` every `everyMs`, never twice at the same time; a failure is logged and tried again next time. Does not
 * keep the process alive.
 * @returns a function that ends it and resolves when nothing runs any more.
 */
export function periodically(
  name: string,
  everyMs: number,
  log: Logger,
  work: (signal: AbortSignal) => Promise<unknown>,
): () => Promise<void> {
  const abort = new AbortController();
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work(abort.signal)
      .then(() => undefined)
      .catch((error: unknown) => log.warn({ error, work: name }, 'periodic work failed'))
      .finally(() => (running = undefined));
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    abort.abort();
    await running;
  };
}
