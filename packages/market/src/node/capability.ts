import { CapabilityName } from '@reeve/hub/api';
import type { ModelKind } from '../api/models.ts';
import { capabilityOf } from '../domain/capability.ts';
import type { BackendModel } from './backend.ts';

/** As many capabilities as the hub takes from one agent. */
const maxModels = 50;

/** A model under the name clients ask for, with the id its backend knows it by. */
export interface ServedModel {
  readonly capability: string;
  readonly name: string;
  readonly backendId: string;
  readonly contextTokens?: number;
  readonly ownedBy?: string;
}

/** A model of the backend that is not offered, and why, in words for the node's owner. */
export interface RefusedModel {
  readonly backendId: string;
  readonly reason: string;
}

export interface NamedModels {
  readonly served: readonly ServedModel[];
  readonly refused: readonly RefusedModel[];
}

/**
 * Names the models of a backend. Nearly all keep their id; white space becomes `-` and `\` becomes `/` (Windows paths of
 * llama.cpp), because that is what people would type for them. What still cannot be a capability is refused, not bent
 * into a name that nobody would guess. Models that `embedding` names, and those whose name says so, are served for
 * embeddings, all others for chats and completions. Of two models that come to one name the first is served.
 */
export function nameModels(models: readonly BackendModel[], embedding: readonly string[] = []): NamedModels {
  const served = new Map<string, ServedModel>();
  const refused: RefusedModel[] = [];
  for (const { id, ...facts } of models) {
    const name = id.trim().replace(/\s+/g, '-').replaceAll('\\', '/');
    const kind = kindOf(id, embedding);
    const earlier = served.get(name);
    if (earlier?.backendId === id) continue; // listed twice
    const reason =
      earlier === undefined ? faultOf(kind, name, served.size) : `its name ${name} is taken by "${earlier.backendId}"`;
    if (reason === undefined) served.set(name, { capability: capabilityOf(kind, name), name, backendId: id, ...facts });
    else refused.push({ backendId: id, reason });
  }
  return { served: [...served.values()], refused };
}

/** Names under which models that only embed are known; no server says of its models what they are for. */
const embeddingName = /embed|(?:^|[/-])(?:bge|e5|gte)-/i;

function kindOf(id: string, embedding: readonly string[]): ModelKind {
  return embedding.includes(id) || embeddingName.test(id) ? 'embeddings' : 'chat';
}

function faultOf(kind: ModelKind, name: string, served: number): string | undefined {
  const longest = 100 - capabilityOf(kind, '').length;
  if (name === '') return 'the name is empty';
  if (name.length > longest) return `the name has ${name.length} characters, at most ${longest} are possible`;
  const checked = CapabilityName.safeParse(capabilityOf(kind, name));
  if (!checked.success) return `${checked.error.issues[0]?.message}; give the model an alias in its server`;
  if (served < maxModels) return undefined;
  return `a node offers at most ${maxModels} models; name those it should offer`;
}
