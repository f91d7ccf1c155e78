import type { Hub } from '@reeve/hub';
import { bind, type BoundOperation, type RawRoute } from '@reeve/platform';
import { listModels, showModel, type Model } from '../api/models.ts';
import { modelOf } from '../domain/capability.ts';
import { ModelNotFound } from '../errors.ts';
import { bothErrorBody } from './openai-error.ts';

/** `models.*`: what can be asked at this moment. */
export function modelOperations(hub: Hub): BoundOperation[] {
  const operations = [
    bind(listModels, async () => ({ object: 'list' as const, data: modelsOf(hub) })),
    bind(showModel, async ({ id }) => modelNamed(hub, id)),
  ];
  return operations.map((bound) => ({ ...bound, errorBody: bothErrorBody }));
}

/**
 * `GET /v1/models/org/model`: names have slashes, and not every client escapes them. Two at most, as in
 * `hf.co/org/model`; whoever has more in a name escapes them.
 */
export function modelNameRoutes(hub: Hub): RawRoute[] {
  return ['/v1/models/{a}/{b}', '/v1/models/{a}/{b}/{c}'].map((path) => ({
    method: 'GET',
    path,
    name: showModel.name,
    access: showModel.access,
    errorBody: bothErrorBody,
    handle: (request) => modelNamed(hub, Object.values(request.params as Record<string, string>).join('/')),
  }));
}

function modelNamed(hub: Hub, id: string): Model {
  const model = modelsOf(hub).find((known) => known.id === id);
  if (model) return model;
  throw ModelNotFound.error(`there is no model ${id} at the moment; GET /v1/models lists those there are`);
}

/** A model that is served for several kinds of work is one model, and a node that does so is one node. */
function modelsOf(hub: Hub): Model[] {
  const models = new Map<string, { sinceMs: number; nodes: Set<string> }>();
  for (const { capability, agentId, state, registeredAtMs } of hub.offered('llm.')) {
    const served = modelOf(capability.name);
    if (state !== 'online' || served === undefined) continue;
    const known = models.get(served.model);
    if (known) known.nodes.add(agentId);
    const sinceMs = Math.min(known?.sinceMs ?? registeredAtMs, registeredAtMs);
    models.set(served.model, { sinceMs, nodes: known?.nodes ?? new Set([agentId]) });
  }
  return [...models]
    .map(([id, { sinceMs, nodes }]) => modelView(id, sinceMs, nodes.size))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function modelView(id: string, sinceMs: number, nodes: number): Model {
  return { id, object: 'model', created: Math.floor(sinceMs / 1_000), owned_by: 'reeve', nodes };
}
