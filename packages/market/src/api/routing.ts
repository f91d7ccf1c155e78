import { Policy, Priority, Region } from '@reeve/hub/api';
import { MicroUsd, Name } from '@reeve/kernel';
import { z } from 'zod';

const nodes = z.array(Name).min(1).max(50);

/** What a client may say about where its request goes: `reeve: {…}` in the body, or a header for each of them. */
export const Routing = z.strictObject({
  /** `balanced` when not given. */
  policy: Policy.optional(),
  /** Ceilings of prices, in micro-USD per million tokens. */
  maxPriceInputMicroUsd: MicroUsd.optional(),
  maxPriceOutputMicroUsd: MicroUsd.optional(),
  /** Most that this one request may cost. */
  maxCostMicroUsd: MicroUsd.optional(),
  region: Region.optional(),
  minStakeMicroUsd: MicroUsd.optional(),
  /** Names of nodes: only one of these, or none of these. */
  nodes: nodes.optional(),
  avoidNodes: nodes.optional(),
});
export type Routing = z.output<typeof Routing>;

const wholeMs = 'must be a whole number of milliseconds, 1 or more';

/** And about when: before or behind other requests of its own tenant, and how long it is worth waiting for. */
export const Asking = Routing.extend({
  /** `medium` when not given. */
  priority: Priority.optional(),
  /** Until the end of the answer; the limit of the gateway when not given, or longer. */
  timeoutMs: z
    .union(
      [
        z.int().min(1, wholeMs),
        z
          .string()
          .regex(/^[1-9]\d{0,8}$/)
          .transform(Number),
      ],
      {
        error: wholeMs,
      },
    )
    .optional(),
});
export type Asking = z.output<typeof Asking>;
