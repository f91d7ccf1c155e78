import type { EventRecord } from '../database/port.ts';
import { matchesFilter, type EventFilter } from './filter.ts';

/** What a subscriber takes out of its tap: events, and the position up to which they are all that matched. */
export interface TapBatch {
  readonly events: readonly EventRecord[];
  readonly upTo: number;
}

/**
 * A subscriber's buffer of live events. It is complete from the position at which it was opened; when it is full it
 * closes at that position, and the subscriber goes on from the database. So memory is bounded and nothing is dropped.
 */
export class FeedTap {
  readonly filter: EventFilter;
  readonly #capacity: number;
  #events: EventRecord[] = [];
  #openedAt = 0;
  #open = false;
  #closedAt: number | undefined;
  #wake: (() => void) | undefined;

  constructor(filter: EventFilter, capacity: number) {
    this.filter = filter;
    this.#capacity = capacity;
  }

  /** Whether it collects; when not, it has closed since it was opened, or never was. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Collects everything after `position`; all up to it must have been seen. */
  openAt(position: number): void {
    this.#openedAt = position;
    this.#closedAt = undefined;
    this.#open = true;
  }

  offer(event: EventRecord): void {
    if (!this.#open || event.position <= this.#openedAt || !matchesFilter(this.filter, event)) return;
    if (this.#events.length < this.#capacity) this.#events.push(event);
    else this.#closeAt(event.position - 1);
    this.wake();
  }

  /** What was collected; `undefined` when the tap is not open, so that the database has to be asked. */
  take(toldPosition: number): TapBatch | undefined {
    if (!this.#open && this.#closedAt === undefined) return undefined;
    const upTo = this.#closedAt ?? Math.max(this.#openedAt, toldPosition);
    const events = this.#events;
    this.#events = [];
    this.#closedAt = undefined;
    this.#openedAt = upTo;
    return { events, upTo };
  }

  /** Resolves at the next event that is offered and wanted, or when `wake` is called. */
  news(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  #closeAt(position: number): void {
    this.#open = false;
    this.#closedAt = position;
  }
}
