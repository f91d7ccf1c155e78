import { defineOperation } from '@reeve/kernel';
import { z } from 'zod';
import { ModelNotFound } from '../errors.ts';

/** The kinds of work a model is offered for; a node's capability is `llm.<kind>:<model>`. */
export const modelKinds = ['chat', 'embeddings'] as const;
export type ModelKind = (typeof modelKinds)[number];

/** A model as OpenAI's API lists it. */
export const Model = z.object({
  id: z.string(),
  object: z.literal('model'),
  /** Epoch seconds. */
  created: z.int(),
  owned_by: z.string(),
  /** Nodes that serve it at this moment. */
  nodes: z.int(),
});
export type Model = z.output<typeof Model>;

export const listModels = defineOperation({
  name: 'models.list',
  summary: 'List the models that can be asked now, in the form of OpenAI’s API',
  access: 'models:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/models' },
  input: z.object({}),
  output: z.object({ object: z.literal('list'), data: z.array(Model) }),
});

export const showModel = defineOperation({
  name: 'models.show',
  summary: 'Show one model, in the form of OpenAI’s API',
  access: 'models:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/models/{id}' },
  input: z.object({ id: z.string().min(1).max(100) }),
  output: Model,
  errors: [ModelNotFound],
});
