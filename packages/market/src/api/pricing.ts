import { z } from 'zod';

/**
 * How a node finds its price. `median`: what others ask for the model. `demand`: up while it is busy, down while it is
 * not. `costPlus`: what a token costs it, with a margin and a buffer for risk.
 */
export const PricingModel = z.enum(['median', 'demand', 'costPlus']);
export type PricingModel = z.output<typeof PricingModel>;
