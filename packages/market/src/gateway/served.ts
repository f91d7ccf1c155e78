import { nearestNames } from '@reeve/kernel';
import type { Hub } from '@reeve/hub';
import type { ModelKind } from '../api/models.ts';
import { capabilityOf, modelOf } from '../domain/capability.ts';
import { ModelNotFound, ModelUnavailable } from '../errors.ts';

/** @throws ModelNotFound with the nearest names, ModelUnavailable when its nodes are only away */
export function assertServed(hub: Hub, kind: ModelKind, model: string): void {
  const capability = capabilityOf(kind, model);
  if (hub.isOnline(capability)) return;
  if (hub.isDeclared(capability)) {
    throw ModelUnavailable.error(`no node serves ${model} at the moment`, { retryAfterMs: 1_000 });
  }
  const nearest = nearestNames(model, onlineModels(hub, kind));
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(', ')}?` : 'GET /v1/models lists those there are';
  const issues = [{ path: ['model'], message: 'is not known' }];
  const what = kind === 'chat' ? 'model' : `model for ${kind}`;
  throw ModelNotFound.error(`there is no ${what} ${model.slice(0, 100)}; ${hint}`, { issues });
}

function onlineModels(hub: Hub, kind: ModelKind): Set<string> {
  const models = new Set<string>();
  for (const { capability, state } of hub.offered(capabilityOf(kind, ''))) {
    if (state === 'online') models.add(modelOf(capability.name)!.model);
  }
  return models;
}
