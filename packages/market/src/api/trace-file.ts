import { EpochMs, MicroUsd } from '@reeve/kernel';
import { z } from 'zod';

/** What a node offered for one model when the trace was recorded. */
export const TraceOffer = z.object({
  node: z.string().min(1).max(100),
  model: z.string().min(1).max(100),
  priceInputMicroUsd: MicroUsd,
  priceOutputMicroUsd: MicroUsd,
  /** Requests at once, over all of the models of the node. */
  maxConcurrency: z.int().positive(),
});
export type TraceOffer = z.output<typeof TraceOffer>;

/** The first line of a trace file; each further one is a TraceRequest. */
export const TraceHead = z.object({
  format: z.literal('reeve.trace.v1'),
  recordedAtMs: EpochMs,
  offers: z.array(TraceOffer).min(1).max(100_000),
});
export type TraceHead = z.output<typeof TraceHead>;
