import type { Passage } from './passage.ts';

/**
 * The outcome of `work`, or OperationTimeout after `timeoutMs`, whatever the work does: a handler that ignores its
 * signal cannot keep a caller waiting, and what it returns later is not an answer any more.
 */
export function withinDeadline<T>(work: Promise<T>, passage: Passage, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      passage.expire();
      reject(passage.timeout());
    }, timeoutMs);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error as Error);
      },
    );
  });
}
