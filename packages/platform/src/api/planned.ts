import { Json, MicroUsd } from '@reeve/kernel';
import { z } from 'zod';

export const Effect = z.object({
  verb: z.string(),
  target: z.string(),
  id: z.string().optional(),
  count: z.int(),
  atMost: z.int(),
  note: z.string().optional(),
});

export const GuardResult = z.object({
  guard: z.string(),
  verdict: z.enum(['pass', 'deny', 'needsApproval']),
  measured: Json,
  limit: Json,
  message: z.string(),
});

/** What an operation would do, found without doing it. */
export const Plan = z.object({
  effects: z.array(Effect),
  costMicroUsd: MicroUsd.optional(),
  evidence: z.record(z.string(), Json),
});

/** The answer to `?dryRun=true`: the plan, what its guards found, and the digest that consent would bind to. */
export const Planned = z.object({
  operation: z.string(),
  plan: Plan,
  digest: z.string(),
  guards: z.array(GuardResult),
  verdict: z.enum(['pass', 'deny', 'needsApproval']),
  /** A need of approval is met in advance: the act can only lower a risk. */
  approvedInAdvance: z.boolean(),
});
export type Planned = z.output<typeof Planned>;
