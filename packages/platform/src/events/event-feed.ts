import type { Database, EventRecord } from '../database/port.ts';
import { FeedTap } from './feed-tap.ts';
import type { EventFilter } from './filter.ts';
import { readEvents } from './read-events.ts';

export interface Subscription {
  /** Position of the last event already seen; the newest at this moment when not given. */
  readonly after?: number | undefined;
  readonly filter?: EventFilter | undefined;
  /** Ends the subscription. */
  readonly signal?: AbortSignal | undefined;
}

export interface EventFeedOptions {
  /** Live events kept for a subscriber that is slow; beyond them it reads the database again. */
  readonly bufferedEvents?: number;
  /** Most events in one batch from the database. */
  readonly pageEvents?: number;
}

/**
 * Follows the event log: first what is in the database, then live, with no gap and no duplicate where the two meet.
 * One feed serves any number of subscribers; those for one subject cost nothing for the events of others.
 */
export class EventFeed {
  readonly #db: Database;
  readonly #bufferedEvents: number;
  readonly #pageEvents: number;
  readonly #general = new Set<FeedTap>();
  readonly #bySubject = new Map<string, Set<FeedTap>>();
  /** Listening has its price, paid only while somebody follows. */
  #stopListening: (() => void) | undefined;
  #closed = false;

  constructor(db: Database, { bufferedEvents = 1_000, pageEvents = 500 }: EventFeedOptions = {}) {
    this.#db = db;
    this.#bufferedEvents = bufferedEvents;
    this.#pageEvents = pageEvents;
  }

  /** Up to here every event has been offered to those who follow. */
  get #toldPosition(): number {
    return this.#db.status().newestPosition;
  }

  /** How many follow at this moment. */
  get subscriberCount(): number {
    return [...this.#bySubject.values()].reduce((sum, taps) => sum + taps.size, this.#general.size);
  }

  /**
   * Batches of events in order, none of them empty, until the signal is aborted or the feed is closed.
   * @throws EventsGone, EventPositionAhead from the iteration; EventsGone also when a slow reader is overtaken by pruning.
   */
  subscribe(subscription: Subscription = {}): AsyncIterable<readonly EventRecord[]> {
    const after = subscription.after ?? this.#toldPosition;
    return this.#follow(after, subscription.filter ?? {}, subscription.signal);
  }

  /** Ends all subscriptions. */
  close(): void {
    this.#closed = true;
    this.#stopListening?.();
    for (const tap of this.#general) tap.wake();
    for (const taps of this.#bySubject.values()) for (const tap of taps) tap.wake();
  }

  async *#follow(
    after: number,
    filter: EventFilter,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly EventRecord[]> {
    const tap = new FeedTap(filter, this.#bufferedEvents);
    const onAbort = (): void => tap.wake();
    signal?.addEventListener('abort', onAbort);
    this.#add(tap);
    try {
      yield* this.#batches(tap, after, signal);
    } finally {
      this.#remove(tap);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async *#batches(
    tap: FeedTap,
    after: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly EventRecord[]> {
    let position = after;
    let caughtUp = false;
    while (!this.#closed && !signal?.aborted) {
      const live = tap.take(this.#toldPosition);
      if (live !== undefined) {
        position = live.upTo;
        if (live.events.length > 0) yield live.events;
        else if (tap.isOpen) await tap.news();
      } else if (caughtUp && position >= this.#toldPosition) {
        // No turn of the event loop between this comparison and the opening: whatever comes next is collected.
        tap.openAt(position);
      } else {
        const page = await readEvents(this.#db, { after: position, limit: this.#pageEvents, filter: tap.filter });
        caughtUp = true;
        position = page.scannedTo;
        if (page.events.length > 0) yield page.events;
      }
    }
  }

  #tell(events: readonly EventRecord[]): void {
    for (const event of events) {
      for (const tap of this.#general) tap.offer(event);
      const taps = this.#bySubject.get(event.subject);
      if (taps !== undefined) for (const tap of taps) tap.offer(event);
    }
  }

  #add(tap: FeedTap): void {
    this.#stopListening ??= this.#db.onEvents((events) => this.#tell(events));
    const { subject } = tap.filter;
    if (subject === undefined) return void this.#general.add(tap);
    const taps = this.#bySubject.get(subject) ?? new Set();
    this.#bySubject.set(subject, taps.add(tap));
  }

  #remove(tap: FeedTap): void {
    const { subject } = tap.filter;
    if (subject === undefined) this.#general.delete(tap);
    else this.#removeFrom(subject, tap);
    if (this.#general.size > 0 || this.#bySubject.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  #removeFrom(subject: string, tap: FeedTap): void {
    const taps = this.#bySubject.get(subject);
    taps?.delete(tap);
    if (taps?.size === 0) this.#bySubject.delete(subject);
  }
}
