import { InvalidInput, MalformedRequest } from '@reeve/kernel';
import type { EventFeed } from '@reeve/platform';
import { EventStreamQuery } from '../api/hub-operations.ts';

type Subscription = NonNullable<Parameters<EventFeed['subscribe']>[0]>;

/** What a reader of the event log asks for. */
export interface EventQuery {
  readonly after?: number;
  readonly filter: NonNullable<Subscription['filter']>;
}

/**
 * The events of one tenant that a reader asks for in the query of an address: after a position if it names one, in
 * `last` (a header) before all, and from now on otherwise.
 * @throws ReeveError `invalid_input`, `malformed_request` for a position that is none.
 */
export function eventQuery(query: unknown, last: unknown, tenant: string): EventQuery {
  const { after: asked, subject, type } = strictly(query);
  const after = positionFrom(last ?? asked);
  const filter = { tenant, ...(subject && { subject }), ...(type && { types: [type] }) };
  return { filter, ...(after !== undefined && { after }) };
}

/** Strict: with a misspelt or doubled filter the stream would be another than the one that was meant. */
function strictly(query: unknown): EventStreamQuery {
  const parsed = EventStreamQuery.safeParse(query);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path as string[], message }));
  throw InvalidInput.error('the stream of events takes `after`, `subject` and `type`, each once', { issues });
}

function positionFrom(text: unknown): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw MalformedRequest.error('Last-Event-ID and `after` take the position of an event, a whole number');
}
