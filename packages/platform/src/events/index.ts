export { EventPositionAhead, EventsGone } from './errors.ts';
export { newestPosition, oldestPosition } from './store/segments.ts';
export type { EventSource } from './store/segments.ts';
export { EventFeed } from './event-feed.ts';
export type { EventFeedOptions, Subscription } from './event-feed.ts';
export type { EventFilter } from './filter.ts';
export { pruneEvents } from './prune-events.ts';
export { readEvents } from './read-events.ts';
export type { EventPage, EventQuery } from './read-events.ts';
