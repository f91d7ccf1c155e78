import { defineOperation, MalformedRequest, MicroUsd, PageQuery, pageOf } from '@reeve/kernel';
import { z } from 'zod';

/** What usage can be told apart by. `key` is who asked, `node` who answered, `day` is in UTC. */
export const UsageDimension = z.enum(['key', 'model', 'node', 'day']);
export type UsageDimension = z.output<typeof UsageDimension>;

const Day = z.iso.date();

/** Sums over receipts that the hub agrees with; the others are only counted. */
export const Usage = z.object({
  key: z.string().optional(),
  model: z.string().optional(),
  /** Name of the node, or the address of its key when the hub does not know it. */
  node: z.string().optional(),
  day: Day.optional(),
  /** Attempts by how they ended. */
  served: z.int(),
  partial: z.int(),
  failed: z.int(),
  idle: z.int(),
  promptTokens: z.int(),
  completionTokens: z.int(),
  /** Of the answers, as the gateway saw them: tokens for each of them show who counts otherwise than others. */
  textBytes: z.int(),
  /** Exact sum, rounded down once. */
  costMicroUsd: MicroUsd,
  /** Of an answer, whole or in part: the sum over them, rounded down; absent when there was none. */
  meanCostMicroUsd: MicroUsd.optional(),
  /** Receipts that the hub does not agree with: nothing is billed for them. */
  disputed: z.int(),
});
export type Usage = z.output<typeof Usage>;

export const showUsage = defineOperation({
  name: 'usage.show',
  summary: 'What was used and what it cost, by key, model, node and day, from signed receipts',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/usage' },
  input: z.object({
    ...PageQuery,
    by: z.array(UsageDimension).min(1).max(4).default(['model']),
    /** First and last day, in UTC. */
    from: Day.optional(),
    to: Day.optional(),
  }),
  output: pageOf(Usage),
  errors: [MalformedRequest],
  examples: [{ title: 'What each key cost on each day', input: { by: ['key', 'day'], from: '2026-11-01' } }],
});
