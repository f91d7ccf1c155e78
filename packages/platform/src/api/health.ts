import { defineOperation, EpochMs, Json } from '@reeve/kernel';
import { z } from 'zod';

export const DependencyHealth = z.object({
  name: z.string(),
  /** Whether the process cannot do its work without it. */
  critical: z.boolean(),
  ok: z.boolean(),
  reason: z.string().optional(),
  facts: z.record(z.string(), Json).optional(),
  tookMs: z.int().nonnegative(),
});
export type DependencyHealth = z.output<typeof DependencyHealth>;

export const HealthDetails = z.object({
  ready: z.boolean(),
  /** Why it is not ready; empty when it is. */
  reasons: z.array(z.string()),
  version: z.string(),
  startedAtMs: EpochMs,
  dependencies: z.array(DependencyHealth),
});
export type HealthDetails = z.output<typeof HealthDetails>;

export const healthDetails = defineOperation({
  name: 'health.details',
  summary: 'The state of the process and of each of its dependencies',
  access: 'health:read',
  effect: 'read',
  http: { method: 'GET', path: '/health/details' },
  input: z.object({}),
  output: HealthDetails,
});
