import { AgentState, Region, TokenOffer } from '@reeve/hub/api';
import { defineOperation, MicroUsd, PageQuery, pageOf, Uuid } from '@reeve/kernel';
import { z } from 'zod';
import { modelKinds } from './models.ts';

/** What a node asks and gives for one model. */
export const Offer = TokenOffer.extend({
  /** `<agentId>/<kind>/<model>`. */
  id: z.string(),
  model: z.string(),
  kind: z.enum(modelKinds),
  nodeId: Uuid,
  node: z.string(),
  state: AgentState,
  /** Requests it takes at once, over all of its models. */
  maxConcurrency: z.int(),
  /** Requests it works on at this moment, over all of its models. */
  inFlight: z.int(),
  region: Region.optional(),
  stakeMicroUsd: MicroUsd,
});
export type Offer = z.output<typeof Offer>;

export const listOffers = defineOperation({
  name: 'market.offers',
  summary: 'List what nodes offer: models, prices in micro-USD per million tokens, context, capacity, region',
  description: 'In the order of models, the cheapest output first. Offers of nodes that are away are listed too.',
  access: 'models:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/market/offers' },
  input: z.object({
    ...PageQuery,
    model: z.string().min(1).max(100).optional(),
    kind: z.enum(modelKinds).optional(),
    region: Region.optional(),
    state: AgentState.optional(),
    /** Ceiling of the output's price. */
    maxPriceOutputMicroUsd: MicroUsd.optional(),
  }),
  output: pageOf(Offer),
  examples: [{ title: 'Who serves a model now', input: { model: 'llama-3.1-8b', state: 'online' } }],
});
