import { defineOperation, EpochMs, Json, plainText } from '@reeve/kernel';
import { z } from 'zod';

export const Event = z.object({
  position: z.int(),
  atMs: EpochMs,
  type: z.string(),
  tenant: z.string(),
  subject: z.string(),
  data: Json,
});
export type Event = z.output<typeof Event>;

export const listEvents = defineOperation({
  name: 'events.list',
  summary: 'Read the event log by pages; `GET /v1/events` streams it',
  access: 'events:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/events/history' },
  input: z.object({
    after: z.int().nonnegative().default(0),
    limit: z.int().min(1).max(1_000).default(100),
    subject: plainText(200).optional(),
    type: plainText(100).optional(),
  }),
  output: z.object({ items: z.array(Event), nextAfter: z.int() }),
});

/** What `GET /v1/events` takes beside `Last-Event-ID`; which position it is, the handler says. */
export const EventStreamQuery = z
  .strictObject({ after: z.string(), subject: plainText(200), type: plainText(100) })
  .partial();
export type EventStreamQuery = z.output<typeof EventStreamQuery>;

export const showStatus = defineOperation({
  name: 'hub.status',
  summary: 'What waits, what runs, who is there',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/status' },
  input: z.object({}),
  output: z.object({
    version: z.string(),
    startedAtMs: EpochMs,
    /** Live tasks: waiting for an agent, with one, or waiting for their time or next attempt. */
    tasks: z.object({ waiting: z.int(), leased: z.int(), delayed: z.int() }),
    load: z.object({
      /** Live tasks as a share of the most there may be, 0..1. */
      share: z.number(),
      maxLiveTasks: z.int(),
      /** What becomes of low work: `taken`, `deferred` behind other work of its tenant, or `shed` (refused). */
      lowWork: z.enum(['taken', 'deferred', 'shed']),
    }),
    agents: z.object({ online: z.int(), draining: z.int(), paused: z.int(), offline: z.int() }),
    slots: z.object({ total: z.int(), busy: z.int() }),
    /** Age of the oldest task that waits for an agent. */
    oldestWaitingMs: z.int(),
    database: z.object({ kind: z.string(), writable: z.boolean(), reason: z.string().optional() }),
  }),
});
