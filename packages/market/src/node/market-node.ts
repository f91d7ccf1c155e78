import type { Handler } from '@reeve/hub/api';
import { decideRetry, defaultRetryPolicy, nearestNames, ReeveError, type RetryPolicy } from '@reeve/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { Backend, BackendModel } from './backend.ts';
import { nameModels, type RefusedModel, type ServedModel } from './capability.ts';
import { createChatHandler } from './chat-handler.ts';
import { NoModels } from './errors.ts';

export interface MarketNodeOptions {
  readonly backend: Backend;
  /** Names of the models to offer, for backends that list more than the owner wants to serve. Default: all. */
  readonly only?: readonly string[];
  /**
   * Requests worked on at once. The backend batches and queues them, so this only has to be above what it runs in
   * parallel: Ollama and llama.cpp run 1–4, vLLM up to 256. Default 32.
   */
  readonly slots?: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** For asking the backend for its models; a model server may take a while to start. Default: three attempts from 1 s. */
  readonly retry?: RetryPolicy;
}

/** What a node says of itself when it connects to a hub. */
export interface NodeDeclaration {
  /** `llm.chat:<model>`, one for each served model. */
  readonly capabilities: readonly string[];
  readonly slots: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly models: readonly ServedModel[];
  /** Models of the backend that cannot be offered; worth showing to the owner. */
  readonly refused: readonly RefusedModel[];
}

export interface MarketNode extends AsyncDisposable {
  readonly handler: Handler;
  /** As of the last discovery. */
  readonly declaration: NodeDeclaration;
  /**
   * Asks the backend again which models it has; the handler follows at once. On an error everything stays as it was.
   * @throws NoModels when none can be served, or the backend's error.
   */
  rediscover(signal: AbortSignal): Promise<NodeDeclaration>;
  /** Closes the backend. */
  close(): Promise<void>;
}

/** The node side of the market: a backend's models as capabilities, and the handler that serves their tasks. */
export async function createMarketNode(options: MarketNodeOptions, signal: AbortSignal): Promise<MarketNode> {
  const { backend } = options;
  let declaration: NodeDeclaration;
  let backendIds: ReadonlyMap<string, string>;
  const rediscover = async (discoverSignal: AbortSignal): Promise<NodeDeclaration> => {
    declaration = await discover(options, discoverSignal);
    backendIds = new Map(declaration.models.map((model) => [model.capability, model.backendId]));
    return declaration;
  };
  declaration = await rediscover(signal);
  const close = (): Promise<void> => backend.close();
  return {
    handler: createChatHandler(backend, (capability) => backendIds.get(capability)),
    get declaration() {
      return declaration;
    },
    rediscover,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function discover(options: MarketNodeOptions, signal: AbortSignal): Promise<NodeDeclaration> {
  const { backend, slots = 32, labels = {}, retry = defaultRetryPolicy } = options;
  const listed = await retried(retry, signal, () => backend.models(signal));
  const { served, refused } = nameModels(options.only === undefined ? listed : chosen(backend, listed, options.only));
  if (served.length === 0) {
    const reasons = refused.map((model) => `"${model.backendId}": ${model.reason}`).join('; ');
    const fault = reasons === '' ? 'lists no models' : `has no model to offer (${reasons})`;
    throw NoModels.error(`${backend.name} ${fault}`);
  }
  return { capabilities: served.map((model) => model.capability), slots, labels, models: served, refused };
}

function chosen(backend: Backend, listed: readonly BackendModel[], only: readonly string[]): BackendModel[] {
  const ids = listed.map((model) => model.id);
  for (const wanted of only) {
    if (ids.includes(wanted)) continue;
    const nearest = nearestNames(wanted, ids).join(', ');
    throw NoModels.error(`${backend.name} has no model "${wanted}"${nearest === '' ? '' : `; it has ${nearest}`}`);
  }
  return listed.filter((model) => only.includes(model.id));
}

/** Runs `work` until it succeeds, fails for good, or has used up its attempts. */
async function retried<Result>(policy: RetryPolicy, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const retryable = error instanceof ReeveError && error.retryable && !signal.aborted;
      const decision = decideRetry(policy, attempt, retryable, Math.random());
      if (!decision.retry) throw error;
      await pause(decision.delayMs, undefined, { signal });
    }
  }
}
