import type { JsonValue } from '@reeve/kernel';
import {
  bind,
  drained,
  type BoundOperation,
  type Database,
  type EventFeed,
  type EventRecord,
  type RawRoute,
  readEvents,
} from '@reeve/platform';
import { z } from 'zod';
import { EventStreamQuery, listEvents } from '../api/hub-operations.ts';
import { eventQuery } from './event-query.ts';

/** A comment line this often keeps proxies from closing a quiet stream, and shows us a reader that has gone. */
const keepAliveMs = 15_000;

/** `events.list`: the log by pages. */
export function eventOperations(database: Database): BoundOperation[] {
  return [
    bind(listEvents, async ({ after, limit, subject, type }, { caller }) => {
      const filter = { tenant: caller.tenant, ...(subject && { subject }), ...(type && { types: [type] }) };
      const { events, scannedTo } = await readEvents(database, { after, limit, filter });
      return { items: events.map((event) => ({ ...event, data: event.data as JsonValue })), nextAfter: scannedTo };
    }),
  ];
}

/**
 * `GET /v1/events`: the log as server-sent events, live. Each has its position as `id`; a reader that comes back with
 * `Last-Event-ID` (or `?after=`) goes on where it stopped, without a gap. The position at which the stream begins is its
 * first `id`, so that one that was cut before anything happened misses nothing either. A slow reader is read to at its
 * own pace.
 */
export function eventStream(feed: EventFeed, database: Database): RawRoute {
  return {
    method: 'GET',
    path: '/v1/events',
    name: 'events.stream',
    access: 'events:read',
    about: {
      summary: 'Follow the event log, as server-sent events; with an upgrade, over a WebSocket',
      description:
        'Live, and from `after` on (or the header `Last-Event-ID`) without a gap. The data of each event is one as of `events.list`. The WebSocket is in docs/reference/events.md.',
      query: EventStreamQuery,
      answers: { 'text/event-stream': z.string() },
    },
    async handle(request, reply, caller) {
      const { after, filter } = eventQuery(request.query, request.headers['last-event-id'], caller.tenant);
      // Refused while an answer can still say so: a position that is gone, or was never reached.
      if (after !== undefined) await readEvents(database, { after, limit: 1, filter });
      const signal = AbortSignal.any([request.visit.signal, request.visit.draining]);
      const from = after ?? database.status().newestPosition;
      const batches = feed.subscribe({ filter, signal, after: from });
      reply.hijack();
      await send(reply.raw, from, batches, signal);
    },
  };
}

type Response = Parameters<RawRoute['handle']>[1]['raw'];

async function send(
  response: Response,
  from: number,
  batches: AsyncIterable<readonly EventRecord[]>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.write(`: the event log of Reeve\nid: ${from}\n\n`);
  const keepAlive = setInterval(() => response.write(': still here\n\n'), keepAliveMs);
  try {
    for await (const batch of batches) {
      if (!response.write(batch.map(lineOf).join(''))) await drained(response, signal);
    }
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}

function lineOf(event: EventRecord): string {
  return `id: ${event.position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
