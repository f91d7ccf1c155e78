import type { ServerResponse } from 'node:http';

/** Resolves when an answer can take more, or never will: its connection has closed, or `signal` is aborted. */
export function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || response.closed) return resolve();
    function done(): void {
      response.off('drain', done);
      response.off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    }
    response.on('drain', done);
    response.on('close', done);
    signal.addEventListener('abort', done);
  });
}
