import type { EventRecord } from '../database/port.ts';
import { EventPositionAhead, EventsGone } from './errors.ts';
import { newestPosition, readSegments, type EventSource } from './store/segments.ts';
import { matchesFilter, mayHoldMatch, type EventFilter } from './filter.ts';
import { segmentEvents, type SegmentRow } from './store/segment-row.ts';

export interface EventQuery {
  /** Position of the last event already seen; 0 for the very first. */
  readonly after: number;
  /** Most events to return. */
  readonly limit: number;
  readonly filter?: EventFilter;
}

export interface EventPage {
  readonly events: readonly EventRecord[];
  /** Everything up to this position was looked at: where to go on, even when no event matched. */
  readonly scannedTo: number;
}

/** Events looked at in one call: a filter that matches little makes a page short, never a call long. */
const mostScanned = 5_000;
const mostSegments = 64;

/**
 * The next events after a position, in order and without gaps.
 * @throws EventsGone when events after the position are no longer kept; EventPositionAhead when it is beyond the newest.
 */
export async function readEvents(db: EventSource, { after, limit, filter = {} }: EventQuery): Promise<EventPage> {
  const page = new PageInMaking(after, limit, filter);
  for (let segmentCount = 2; page.wantsMore; segmentCount = Math.min(segmentCount * 2, mostSegments)) {
    const segments = await readSegments(db, page.scannedTo, segmentCount);
    for (const segment of segments) page.add(segment);
    if (segments.length < segmentCount) break;
  }
  if (page.scannedTo === after) await assertNotAhead(db, after);
  return { events: page.events, scannedTo: page.scannedTo };
}

class PageInMaking {
  readonly events: EventRecord[] = [];
  scannedTo: number;
  #scanned = 0;
  readonly #limit: number;
  readonly #filter: EventFilter;

  constructor(after: number, limit: number, filter: EventFilter) {
    this.scannedTo = after;
    this.#limit = limit;
    this.#filter = filter;
  }

  get wantsMore(): boolean {
    return this.events.length < this.#limit && this.#scanned < mostScanned;
  }

  add(segment: SegmentRow): void {
    if (!this.wantsMore) return;
    if (segment.first_position > this.scannedTo + 1) throw gone(this.scannedTo, segment.first_position);
    this.#scanned += segment.last_position - this.scannedTo;
    if (mayHoldMatch(this.#filter, segment.events)) this.#addMatching(segmentEvents(segment));
    else this.scannedTo = segment.last_position;
  }

  #addMatching(events: readonly EventRecord[]): void {
    for (const event of events) {
      if (event.position <= this.scannedTo) continue;
      if (this.events.length === this.#limit) return;
      if (matchesFilter(this.#filter, event)) this.events.push(event);
      this.scannedTo = event.position;
    }
  }
}

function gone(after: number, oldest: number): Error {
  return EventsGone.error(`events ${after + 1} to ${oldest - 1} are no longer kept; the oldest is ${oldest}`, {
    details: { after, oldest },
  });
}

async function assertNotAhead(db: EventSource, after: number): Promise<void> {
  const newest = await newestPosition(db);
  if (after > newest)
    throw EventPositionAhead.error(`position ${after} is beyond the newest event ${newest}`, {
      details: { after, newest },
    });
}
