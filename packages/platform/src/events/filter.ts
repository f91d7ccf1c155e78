import type { EventDraft } from '../database/port.ts';

/** Which events a reader wants; what is left out does not matter. */
export interface EventFilter {
  readonly tenant?: string | undefined;
  readonly types?: readonly string[] | undefined;
  /** Exactly this subject, such as `task:0192…`. */
  readonly subject?: string | undefined;
}

export function matchesFilter(filter: EventFilter, event: EventDraft): boolean {
  if (filter.subject !== undefined && filter.subject !== event.subject) return false;
  if (filter.tenant !== undefined && filter.tenant !== event.tenant) return false;
  return filter.types === undefined || filter.types.includes(event.type);
}

/**
 * Whether a segment's text may hold a wanted event. A text without the name in it cannot, and looking for a name is far
 * cheaper than parsing; a text with it may still hold none.
 */
export function mayHoldMatch(filter: EventFilter, segmentText: string): boolean {
  if (filter.subject !== undefined && !segmentText.includes(JSON.stringify(filter.subject))) return false;
  if (filter.tenant !== undefined && !segmentText.includes(JSON.stringify(filter.tenant))) return false;
  return filter.types === undefined || filter.types.some((type) => segmentText.includes(JSON.stringify(type)));
}
