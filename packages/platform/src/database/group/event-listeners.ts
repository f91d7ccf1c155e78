import type { EventRecord } from '../port.ts';
import type { Logger } from '../../log/logger.ts';

export type EventListener = (events: readonly EventRecord[]) => void;

/** Tells every listener of the events of each group. A listener that throws is reported and does not disturb others. */
export class EventListeners {
  readonly #listeners = new Set<EventListener>();
  readonly #log: Logger | undefined;
  /** Position up to which events have been told, whether or not anyone listened. */
  toldPosition: number;

  constructor(toldPosition: number, log: Logger | undefined) {
    this.toldPosition = toldPosition;
    this.#log = log;
  }

  get any(): boolean {
    return this.#listeners.size > 0;
  }

  add(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(events: readonly EventRecord[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(events);
      } catch (error) {
        this.#report(error);
      }
    }
  }

  #report(error: unknown): void {
    if (this.#log === undefined) process.emitWarning(error instanceof Error ? error : String(error));
    else this.#log.error({ err: error }, 'a listener for events failed');
  }
}
