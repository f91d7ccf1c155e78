import { hostname } from 'node:os';
import { createMarketNode, createMiniBackend, createOpenAiBackend, type Backend } from '@reeve/market/node';
import { secretFromEnvironment } from '@reeve/platform';
import { serveHub, startAgentProcess, untilStopped, type AgentProcess, type AgentProcessOptions } from '../connect.ts';

export interface NodeOptions extends AgentProcessOptions {
  /** Base URL of an OpenAI-compatible server. */
  readonly backend?: string;
  /** Serve the built-in toy model. */
  readonly mini?: boolean;
  readonly url?: string;
  readonly key?: string;
  readonly name?: string;
  readonly slots?: number;
  /** Name of the environment variable that holds the backend's key. */
  readonly backendKeyEnv?: string;
  readonly priceMicroUsd?: string;
}

/** A node: serves the models of a backend to the hub over one outbound connection. */
export async function run(options: NodeOptions): Promise<void> {
  const agent = startAgentProcess(options);
  await untilStopped(agent, () => serveModels(agent, options));
}

async function serveModels(agent: AgentProcess, options: NodeOptions): Promise<void> {
  const node = await createMarketNode(
    { backend: await backendOf(options), ...(options.slots !== undefined && { slots: options.slots }) },
    agent.lifecycle.stopping,
  );
  agent.lifecycle.onStop('connections', 'backend', () => node.close());
  const { capabilities, slots, labels, refused } = node.declaration;
  for (const { backendId, reason } of refused) agent.log.warn({ model: backendId, reason }, 'a model is not offered');
  agent.log.info({ models: node.declaration.models.map(({ name }) => name) }, 'models to serve');
  const offer = {
    name: options.name ?? `node-${hostname()}`,
    capabilities: capabilities.map((name) => ({ name, proficiency: 1 })),
    slots,
    labels,
    ...(options.priceMicroUsd !== undefined && { priceMicroUsd: options.priceMicroUsd }),
  };
  await serveHub(agent, options, { offer, handler: node.handler });
}

async function backendOf({ backend, backendKeyEnv }: NodeOptions): Promise<Backend> {
  if (backend === undefined) return createMiniBackend();
  const apiKey = backendKeyEnv === undefined ? undefined : secretFromEnvironment(backendKeyEnv);
  return createOpenAiBackend({ url: backend, ...(apiKey !== undefined && { apiKey }) });
}
