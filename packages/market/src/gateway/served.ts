import { nearestNames } from '@reeve/kernel';
import type { Hub } from '@reeve/hub';
import { ModelNotFound, ModelUnavailable } from '../errors.ts';
import { chatCapability, modelOf } from './capability.ts';

/** @throws ModelNotFound with the nearest names, ModelUnavailable when its nodes are only away */
export function assertServed(hub: Hub, model: string): void {
  const capability = chatCapability(model);
  if (hub.isOnline(capability)) return;
  if (hub.isDeclared(capability)) {
    throw ModelUnavailable.error(`no node serves ${model} at the moment`, { retryAfterMs: 1_000 });
  }
  const known = [...hub.onlineCapabilities(chatCapability('')).keys()].map(modelOf);
  const nearest = nearestNames(model, known);
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(', ')}?` : 'GET /v1/models lists those there are';
  const issues = [{ path: ['model'], message: 'is not known' }];
  throw ModelNotFound.error(`there is no model ${model.slice(0, 100)}; ${hint}`, { issues });
}
