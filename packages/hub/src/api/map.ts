import { EpochMs, Json, plainText, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { Digest } from './blob.ts';
import { TaskError, TaskState, TaskSubmission } from './task.ts';

/** `partial`: every chunk has ended, some of them without results. */
export const MapState = z.enum(['running', 'succeeded', 'partial', 'failed', 'cancelled']);
export type MapState = z.output<typeof MapState>;

/** What every chunk is submitted with; its input is `{ items, firstItem, shared }`. */
const template = TaskSubmission.pick({
  kind: true,
  requires: true,
  constraints: true,
  priority: true,
  timeoutMs: true,
  maxAttempts: true,
  backoff: true,
  labels: true,
  allowUnknown: true,
  verify: true,
});

export const MapSubmission = template
  .extend({
    kind: plainText(100).min(1).default('chunk'),
    /** The data set, where it is small. */
    items: z.array(Json).min(1).max(100_000).optional(),
    /** A blob with one item as JSON on each line. */
    itemsBlob: Digest.optional(),
    /** Given to every chunk beside its items. */
    shared: Json.default(null),
    /** `stop` ends the map with the first chunk that fails for good; `continue` goes on without its results. */
    onFailure: z.enum(['stop', 'continue']).default('stop'),
    /** How long a chunk should take; the hub's setting when not given. */
    targetChunkMs: z.int().min(1).max(86_400_000).optional(),
    /** Items of the first chunks; the hub's setting when not given. */
    initialChunkItems: z.int().min(1).max(1_000_000).optional(),
    /** Most items of a chunk, such as what fits the largest output. */
    maxChunkItems: z.int().min(1).max(1_000_000).default(100_000),
  })
  .refine(({ items, itemsBlob }) => (items === undefined) !== (itemsBlob === undefined), {
    error: 'give either items or itemsBlob',
    path: ['items'],
  });
export type MapSubmission = z.output<typeof MapSubmission>;

export const MapRun = z.object({
  id: Uuid,
  state: MapState,
  itemsBlob: Digest,
  items: z.object({
    total: z.int(),
    /** Of chunks that succeeded. */
    done: z.int(),
    /** Of chunks that ended otherwise. */
    failed: z.int(),
  }),
  chunks: z.object({
    made: z.int(),
    live: z.int(),
    /** Items of the next one, as measured so far. */
    nextItems: z.int(),
    /** Measured time of one item in microseconds. */
    itemUs: z.int().optional(),
    targetMs: z.int(),
  }),
  createdAtMs: EpochMs,
  finishedAtMs: EpochMs.optional(),
});
export type MapRun = z.output<typeof MapRun>;

/** A chunk, which is a task: what it holds, and who has it or had it last. */
export const MapChunk = z.object({
  taskId: Uuid,
  firstItem: z.int(),
  items: z.int(),
  state: TaskState,
  attempt: z.int(),
  agentId: Uuid.optional(),
  leasedAtMs: EpochMs.optional(),
  finishedAtMs: EpochMs.optional(),
});
export type MapChunk = z.output<typeof MapChunk>;

/** One line of `maps.results`. Items are counted from 0. */
export const MapResult = z.union([
  z.object({ item: z.int(), result: Json }),
  z.object({ item: z.int(), error: TaskError }),
  z.object({
    end: z.object({
      state: MapState,
      /** Items that this answer has told of all before. */
      nextItem: z.int(),
    }),
  }),
]);
export type MapResult = z.output<typeof MapResult>;
