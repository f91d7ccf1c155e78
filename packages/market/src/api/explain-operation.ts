import { AgentVerdict } from '@reeve/hub/api';
import { defineOperation } from '@reeve/kernel';
import { z } from 'zod';
import { ModelNotFound, ModelUnavailable } from '../errors.ts';
import { modelKinds } from './models.ts';
import { Routing } from './routing.ts';

const { policy, maxPriceInputMicroUsd, maxPriceOutputMicroUsd, region, minStakeMicroUsd, nodes, avoidNodes } =
  Routing.shape;

export const explainMarket = defineOperation({
  name: 'market.explain',
  summary:
    'Show where a request for a model would go now, and why: every node with its score or the reason it is refused',
  description:
    'Judged by the rules that requests are matched by. Where one did go: `reeve tasks explain` with the task that the answer names in X-Reeve-Task.',
  access: 'models:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/market/explain' },
  input: z.object({
    model: z.string().min(1).max(100),
    kind: z.enum(modelKinds).default('chat'),
    policy,
    maxPriceInputMicroUsd,
    maxPriceOutputMicroUsd,
    region,
    minStakeMicroUsd,
    nodes,
    avoidNodes,
  }),
  output: z.object({
    summary: z.string(),
    /** The nodes that could, best first, then the others with the first requirement each does not meet. */
    items: z.array(AgentVerdict),
    /** Agents that are registered; of more than 200 a sample is judged. */
    agentsTotal: z.int(),
    sampled: z.boolean(),
  }),
  errors: [ModelNotFound, ModelUnavailable],
  examples: [{ title: 'The cheapest in a region', input: { model: 'llama-3.1-8b', policy: 'cheapest', region: 'eu' } }],
});
