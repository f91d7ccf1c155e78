import type { BoundOperation, RawRoute } from '@reeve/platform';
import { chatRoute, type GatewayComponents } from './gateway/chat-route.ts';
import { modelOperations } from './gateway/models.ts';

/** The OpenAI-compatible door to the nodes that are connected to the hub. */
export interface Market {
  readonly operations: readonly BoundOperation[];
  readonly routes: readonly RawRoute[];
}

export function createMarket(components: GatewayComponents): Market {
  return { operations: modelOperations(components.hub), routes: [chatRoute(components)] };
}
