import { defineOperation, MicroUsd } from '@reeve/kernel';
import { z } from 'zod';
import { ModelNotFound, ModelUnavailable, NoNodeQualifies } from '../errors.ts';
import { modelKinds } from './models.ts';
import { Routing } from './routing.ts';

const { maxCostMicroUsd: _, ...conditions } = Routing.shape;

const Amount = z.object({
  costMicroUsd: MicroUsd,
  promptTokens: z.int(),
  completionTokens: z.int(),
  node: z.string(),
  /** Per million tokens. */
  priceInputMicroUsd: MicroUsd,
  priceOutputMicroUsd: MicroUsd,
});

export const estimateCost = defineOperation({
  name: 'market.estimate',
  summary: 'What a request would cost, before it is sent: at least, likely and at most',
  description:
    'Over the nodes that would take it now. `highest` is a bound: a prompt has at most as many tokens as bytes, an answer at most `maxTokens`. `likely` and `lowest` go by what answers of the model came to.',
  access: 'tasks:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/market/estimate' },
  input: z.object({
    model: z.string().min(1).max(100),
    kind: z.enum(modelKinds).default('chat'),
    /** Size of its messages as JSON, in bytes of UTF-8, and how many they are. */
    promptBytes: z.int().min(0).max(100_000_000),
    messages: z.int().min(1).max(10_000).default(1),
    /** Longest answer. */
    maxTokens: z.int().min(0).max(10_000_000).default(1_024),
    ...conditions,
  }),
  output: z.object({
    /** At the cheapest node. */
    lowest: Amount,
    /** At the node that suits best. */
    likely: Amount,
    /** At the dearest node, with every token that there can be. */
    highest: Amount,
    nodes: z.int(),
    /** Answers that `lowest` and `likely` go by, up to 200; of none, they go by the bounds. */
    measuredAnswers: z.int(),
    /** Whether only some of many nodes were looked at. */
    sampled: z.boolean(),
  }),
  errors: [ModelNotFound, ModelUnavailable, NoNodeQualifies],
  examples: [{ title: 'A question', input: { model: 'llama-3.1-8b', promptBytes: 1_200, maxTokens: 200 } }],
});
