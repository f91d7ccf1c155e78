import { MicroUsd, Name } from '@reeve/kernel';
import { z } from 'zod';
import { PricingModel } from './pricing.ts';

/** Per million tokens. */
const Cost = z.object({ inputMicroUsd: MicroUsd, outputMicroUsd: MicroUsd });

/** What a simulation promises of one node's prices: a node takes them up only with it, and goes back when it does not hold. */
export const PricingPrediction = z.object({
  format: z.literal('reeve.pricing.v1'),
  node: Name,
  pricing: PricingModel,
  cost: Cost,
  everyMs: z.int().positive(),
  /** SHA-256 of the trace. */
  trace: z.string().regex(/^[0-9a-f]{64}$/),
  seed: z.int().nonnegative(),
  /** Of the node: whole micro-USD an hour, and the share of its slots that was busy. */
  revenuePerHourMicroUsd: MicroUsd,
  utilisation: z.number().min(0).max(1),
});
export type PricingPrediction = z.output<typeof PricingPrediction>;
