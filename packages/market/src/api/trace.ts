import { defineOperation, EpochMs, MalformedRequest, MicroUsd, PageQuery, pageOf } from '@reeve/kernel';
import { z } from 'zod';

/** One request that was answered, as receipts and the gateway have it. No texts, and nothing about who asked. */
export const TraceRequest = z.object({
  arrivedAtMs: EpochMs,
  /** From the arrival to the end of the answer, waiting included. */
  durationMs: z.int().nonnegative(),
  model: z.string().min(1).max(100),
  promptTokens: z.int().nonnegative(),
  completionTokens: z.int().nonnegative(),
  /** Name of the node, or the address of its key when the hub does not know it. */
  node: z.string().min(1).max(100),
  /** What the node asked, per million tokens. */
  priceInputMicroUsd: MicroUsd,
  priceOutputMicroUsd: MicroUsd,
});
export type TraceRequest = z.output<typeof TraceRequest>;

const Day = z.iso.date();

export const readTrace = defineOperation({
  name: 'market.trace',
  summary: 'Recorded traffic: when which model was asked, how many tokens, which node, its price and time; no texts',
  description:
    'Of requests whose receipts the hub agrees with, in the order in which receipts came in. `reeve market trace record` writes them to a file.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/market/trace' },
  input: z.object({
    ...PageQuery,
    /** First and last day, in UTC. */
    from: Day.optional(),
    to: Day.optional(),
  }),
  output: pageOf(TraceRequest),
  errors: [MalformedRequest],
  examples: [{ title: 'The traffic of one day', input: { from: '2026-11-20', to: '2026-11-20' } }],
});
