import { hostname } from 'node:os';
import { systemClock } from '@reeve/kernel';
import { createMarketNode, LiveLoad, type MarketNode, type OfferTerms } from '@reeve/market/node';
import { periodically } from '@reeve/platform';
import type { AgentConnection } from '@reeve/sdk';
import { backendOf, type BackendChoice } from '../backend.ts';
import { serveHub, startAgentProcess, untilStopped, type AgentProcess, type AgentProcessOptions } from '../connect.ts';

import { openNodePricing, predictionBand, type NodePricingOptions } from '../node-pricing.ts';
import { openNodeReceipts, type NodeReceipts, type NodeReceiptsOptions } from '../node-receipts.ts';

/** How often the backend is asked for its models, so that one loaded later is offered and one that is gone is not. */
const discoverEveryMs = 30_000;
const discoverTimeoutMs = 10_000;

export interface NodeOptions
  extends AgentProcessOptions, BackendChoice, OfferTerms, NodeReceiptsOptions, NodePricingOptions {
  readonly name?: string;
  readonly concurrency?: number;
  readonly embedding?: readonly string[];
  readonly region?: string;
  readonly maxMemoryShare?: number;
  /** How long to measure the models before they are offered; 0: not at all. Default 10 s. */
  readonly benchmarkMs?: number;
  /** Whether it is tried which models go on with an answer that another node began. Default true. */
  readonly probe?: boolean;
}

/** A node: serves the models of a backend to the hub over one outbound connection. */
export async function run(options: NodeOptions): Promise<void> {
  const agent = startAgentProcess(options);
  await untilStopped(agent, () => serveModels(agent, options));
}

async function serveModels(agent: AgentProcess, options: NodeOptions): Promise<void> {
  const { log, lifecycle } = agent;
  const { benchmarkMs = 10_000, name = `node-${hostname()}` } = options;
  const band = await predictionBand(name, options);
  const node = await createMarketNode({ ...options, backend: await backendOf(options) }, lifecycle.stopping);
  lifecycle.onStop('connections', 'backend', () => node.close());
  for (const { backendId, reason } of node.declaration.refused)
    log.warn({ model: backendId, reason }, 'a model is not offered');
  log.info({ models: node.declaration.models.map((model) => model.name) }, 'models to serve');
  if (benchmarkMs > 0) await measure(agent, node, benchmarkMs);
  if (options.probe !== false) await probe(agent, node);
  const load = new LiveLoad(() => systemClock.monotonicMs());
  const receipts = await openNodeReceipts(agent, node, name, load, options);
  const pricing = await openNodePricing(agent, { node, name, load, receipts, band }, options);
  await serveHub(agent, options, {
    offer: { ...node.declaration.offer, name, labels: receipts.labels },
    handler: receipts.handler,
    onConnected: (connection) => {
      process.send?.('online'); // to whoever started it beside itself and waits for that
      receipts.start();
      const publish = publisher(node, connection, receipts.labels);
      followBackend(agent, node, publish);
      pricing?.start(publish);
    },
  });
}

async function measure({ log, lifecycle }: AgentProcess, node: MarketNode, budgetMs: number): Promise<void> {
  log.info({ budgetMs }, 'measuring the models; --no-benchmark skips this');
  const onFailed = (model: string, err: unknown): void => log.warn({ model, err }, 'a model could not be measured');
  const { offer } = await node.benchmark({ budgetMs, signal: lifecycle.stopping, onFailed });
  for (const { name, tokens } of offer.capabilities)
    if (tokens?.benchmark) log.info({ capability: name, ...tokens.benchmark }, 'measured');
}

async function probe({ log, lifecycle }: AgentProcess, node: MarketNode): Promise<void> {
  const onFailed = (model: string, err: unknown): void => log.warn({ model, err }, 'a model could not be probed');
  const { offer } = await node.probe({ signal: lifecycle.stopping, onFailed });
  const continuing = offer.capabilities.filter(({ tokens }) => tokens?.continues).map(({ name }) => name);
  log.info({ continuing }, 'models that go on with what another node began');
}

/** Tells the hub what is offered, if that has changed; answers whether it has. */
function publisher(node: MarketNode, connection: AgentConnection, labels: NodeReceipts['labels']): () => boolean {
  let offered = JSON.stringify(node.declaration.offer);
  return () => {
    const { offer } = node.declaration;
    if (JSON.stringify(offer) === offered) return false;
    offered = JSON.stringify(offer);
    connection.changeOffer({ ...offer, labels });
    return true;
  };
}

/** Offers what the backend has, for as long as the node runs. While it does not answer, everything stays as it was. */
function followBackend({ log, lifecycle }: AgentProcess, node: MarketNode, publish: () => boolean): void {
  const stop = periodically('discovery of models', discoverEveryMs, log, async (signal) => {
    const { models } = await node.rediscover(AbortSignal.any([signal, AbortSignal.timeout(discoverTimeoutMs)]));
    if (publish()) log.info({ models: models.map(({ name }) => name) }, 'the models to serve have changed');
  });
  lifecycle.onStop('work', 'discovery of models', stop);
}
