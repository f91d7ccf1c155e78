import { modelKinds, type ModelKind } from '../api/models.ts';

/** The capability of nodes that serve a model for one kind of work. */
export function capabilityOf(kind: ModelKind, model: string): string {
  return `llm.${kind}:${model}`;
}

/** Model and kind of a capability; undefined when it is no model's. */
export function modelOf(capability: string): { kind: ModelKind; model: string } | undefined {
  const kind = modelKinds.find((known) => capability.startsWith(capabilityOf(known, '')));
  return kind && { kind, model: capability.slice(capabilityOf(kind, '').length) };
}
