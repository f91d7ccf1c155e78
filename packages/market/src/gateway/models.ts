import type { Hub, OnlineCapability } from '@reeve/hub';
import { bind, type BoundOperation } from '@reeve/platform';
import { listModels, showModel, type Model } from '../api/models.ts';
import { chatCapability, modelOf } from './capability.ts';
import { ModelNotFound } from '../errors.ts';

/** `models.*`: what can be asked at this moment. */
export function modelOperations(hub: Hub): BoundOperation[] {
  return [
    bind(listModels, async () => ({ object: 'list' as const, data: modelsOf(hub) })),
    bind(showModel, async ({ id }) => {
      const model = modelsOf(hub).find((known) => known.id === id);
      if (model) return model;
      throw ModelNotFound.error(`there is no model ${id} at the moment; GET /v1/models lists those there are`);
    }),
  ];
}

function modelsOf(hub: Hub): Model[] {
  return [...hub.onlineCapabilities(chatCapability(''))]
    .map(([capability, online]) => modelView(modelOf(capability), online))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function modelView(id: string, { agents, sinceMs }: OnlineCapability): Model {
  return { id, object: 'model', created: Math.floor(sinceMs / 1_000), owned_by: 'reeve', nodes: agents };
}
