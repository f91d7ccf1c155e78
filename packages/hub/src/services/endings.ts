import type { LiveTask } from '../domain/live.ts';
import type { TaskError, TaskState } from '../api/task.ts';

/** How a task ended. */
export interface Ending {
  readonly state: TaskState;
  /** JSON text; of tasks that succeeded. */
  readonly output?: string;
  readonly error?: TaskError;
}

type Listener = (ending: Ending) => void;

/** Tells those who wait for a task that it has ended. */
export class Endings {
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Calls `listener` once, when the task ends; the returned function stops waiting. */
  on(taskId: string, listener: Listener): () => void {
    let listeners = this.#listeners.get(taskId);
    if (!listeners) this.#listeners.set(taskId, (listeners = new Set()));
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(taskId);
    };
  }

  /** Resolves when the task has ended, or when `signal` is aborted. */
  until(taskId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const stopListening = this.on(taskId, done);
      signal.addEventListener('abort', done, { once: true });
      function done(): void {
        stopListening();
        signal.removeEventListener('abort', done);
        resolve();
      }
    });
  }

  tell({ id }: LiveTask, ending: Ending): void {
    const listeners = this.#listeners.get(id);
    if (!listeners) return;
    this.#listeners.delete(id);
    for (const listener of listeners) listener(ending);
  }
}
