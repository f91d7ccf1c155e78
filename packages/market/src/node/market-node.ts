import type { AgentOffer, Benchmark, Handler } from '@reeve/hub/api';
import { decideRetry, defaultRetryPolicy, nearestNames, ReeveError, type RetryPolicy } from '@reeve/kernel';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { modelOf } from '../domain/capability.ts';
import type { Backend, BackendModel } from './backend.ts';
import { benchmarkCurve, benchmarkOf } from './benchmark.ts';
import { nameModels, type RefusedModel, type ServedModel } from './capability.ts';
import { createChatHandler } from './chat-handler.ts';
import { goesOn } from './continuation-probe.ts';
import { NoModels } from './errors.ts';
import { MemoryGuard } from './memory-guard.ts';
import { tokenOffer, type OfferTerms, type TokenPrices } from './offer-terms.ts';

/** For the two short answers of one model, which may have to be loaded first. */
const probeTimeoutMs = 60_000;

/** As many requests at once as a host can answer for without knowing its backend. */
const defaultConcurrency = 20;

export interface MarketNodeOptions extends OfferTerms {
  readonly backend: Backend;
  /** Names of the models to offer, for backends that list more than the owner wants to serve. Default: all. */
  readonly only?: readonly string[];
  /** Names of models that embed, as the backend lists them, where their name does not say so. */
  readonly embedding?: readonly string[];
  /**
   * Requests worked on at once, as many as the backend runs in parallel: Ollama and llama.cpp run 1–4, vLLM up to 256.
   * Further ones wait in the hub, where each tenant has its turn. Default 20.
   */
  readonly concurrency?: number;
  /** Above this used share of memory no request is begun. Default 0.85. */
  readonly maxMemoryShare?: number;
  readonly region?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** For asking the backend for its models; a model server may take a while to start. Default: three attempts from 1 s. */
  readonly retry?: RetryPolicy;
}

/** What a node says of itself. */
export interface NodeDeclaration {
  /** For the hub: `llm.chat:<model>` for each served model with its price, and how many requests at once. */
  readonly offer: Omit<z.input<typeof AgentOffer>, 'name'>;
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
  /**
   * Measures one model after the other until `budgetMs` are over, and declares what it found. A model whose backend fails
   * keeps its offer without figures; `onFailed` is told.
   */
  benchmark(options: SelfBenchmark): Promise<NodeDeclaration>;
  /** Finds which models go on with an answer that another node began, and declares it; `onFailed` is told of errors. */
  probe(options: Omit<SelfBenchmark, 'budgetMs'>): Promise<NodeDeclaration>;
  /** Asks this for a model from now on, whatever the terms say. */
  ask(capability: string, price: TokenPrices): NodeDeclaration;
  /** Closes the backend. */
  close(): Promise<void>;
}

export interface SelfBenchmark {
  readonly budgetMs: number;
  readonly signal: AbortSignal;
  readonly onFailed: (model: string, error: unknown) => void;
}

/** The node side of the market: a backend's models as capabilities, and the handler that serves their tasks. */
export async function createMarketNode(options: MarketNodeOptions, signal: AbortSignal): Promise<MarketNode> {
  const node = new BackendNode(options);
  await node.rediscover(signal);
  return node;
}

class BackendNode implements MarketNode {
  readonly handler: Handler;
  readonly #options: MarketNodeOptions;
  readonly #benchmarks = new Map<string, Benchmark>();
  readonly #asked = new Map<string, TokenPrices>();
  /** Capabilities whose backend goes on with an answer that another began. */
  readonly #continuing = new Set<string>();
  #backendIds: ReadonlyMap<string, string> = new Map();
  #models: Pick<NodeDeclaration, 'models' | 'refused'> = { models: [], refused: [] };

  constructor(options: MarketNodeOptions) {
    this.#options = options;
    const memory = new MemoryGuard(options.maxMemoryShare ?? 0.85);
    this.handler = createChatHandler(options.backend, (capability) => this.#backendIds.get(capability), memory);
  }

  get declaration(): NodeDeclaration {
    const { concurrency = defaultConcurrency, labels = {}, region } = this.#options;
    const capabilities = this.#models.models.map((model) => {
      const benchmark = this.#benchmarks.get(model.capability);
      const tokens = {
        ...tokenOffer(model, this.#options, this.#asked.get(model.capability)),
        ...(benchmark && { benchmark }),
        ...(this.#continuing.has(model.capability) && { continues: true }),
      };
      return { name: model.capability, tokens };
    });
    const offer = { capabilities, slots: concurrency, labels, ...(region !== undefined && { region }) };
    return { offer, ...this.#models };
  }

  async rediscover(signal: AbortSignal): Promise<NodeDeclaration> {
    this.#models = await discover(this.#options, signal);
    this.#backendIds = new Map(this.#models.models.map((model) => [model.capability, model.backendId]));
    return this.declaration;
  }

  async benchmark({ budgetMs, signal, onFailed }: SelfBenchmark): Promise<NodeDeclaration> {
    const { backend, concurrency: maxConcurrency = defaultConcurrency } = this.#options;
    const endsAtMs = performance.now() + budgetMs;
    for (const { capability, backendId: model, name } of this.#models.models) {
      if (modelOf(capability)?.kind !== 'chat') continue; // what embeds makes no tokens
      const leftMs = endsAtMs - performance.now();
      if (leftMs <= 0) break;
      try {
        const levels = await benchmarkCurve({ backend, model, maxConcurrency, budgetMs: leftMs, signal });
        this.#benchmarks.set(capability, benchmarkOf(levels, Date.now()));
      } catch (error) {
        if (signal.aborted) throw error;
        onFailed(name, error);
      }
    }
    return this.declaration;
  }

  async probe({ signal, onFailed }: Omit<SelfBenchmark, 'budgetMs'>): Promise<NodeDeclaration> {
    for (const { capability, backendId, name } of this.#models.models) {
      if (modelOf(capability)?.kind !== 'chat') continue;
      try {
        const inTime = AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]);
        if (await goesOn(this.#options.backend, backendId, inTime)) this.#continuing.add(capability);
      } catch (error) {
        if (signal.aborted) throw error;
        onFailed(name, error);
      }
    }
    return this.declaration;
  }

  ask(capability: string, price: TokenPrices): NodeDeclaration {
    this.#asked.set(capability, price);
    return this.declaration;
  }

  close(): Promise<void> {
    return this.#options.backend.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function discover(options: MarketNodeOptions, signal: AbortSignal) {
  const { backend, retry = defaultRetryPolicy } = options;
  const listed = await retried(retry, signal, () => backend.models(signal));
  const { served, refused } = nameModels(
    options.only === undefined ? listed : chosen(backend, listed, options.only),
    options.embedding,
  );
  if (served.length === 0) {
    const reasons = refused.map((model) => `"${model.backendId}": ${model.reason}`).join('; ');
    const fault = reasons === '' ? 'lists no models' : `has no model to offer (${reasons})`;
    throw NoModels.error(`${backend.name} ${fault}`);
  }
  return { models: served, refused };
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
