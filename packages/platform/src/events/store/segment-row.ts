import type { EventDraft, EventRecord } from '../../database/port.ts';

/** The events of one group commit: positions `first_position … last_position`, drafts as one JSON array in that order. */
export interface SegmentRow {
  readonly last_position: number;
  readonly first_position: number;
  readonly at_ms: number;
  readonly events: string;
}

export interface EventsSchema {
  event_segments: SegmentRow;
}

export function segmentEvents({ first_position, at_ms, events }: Omit<SegmentRow, 'last_position'>): EventRecord[] {
  const drafts = JSON.parse(events) as EventDraft[];
  return drafts.map((draft, index) => ({ position: first_position + index, atMs: at_ms, ...draft }));
}
