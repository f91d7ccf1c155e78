import type { BoundOperation, RawRoute } from '@reeve/platform';
import type { GatewayComponents } from './gateway/components.ts';
import { modelRoutes } from './gateway/model-routes.ts';
import { modelOperations, modelNameRoutes } from './gateway/models.ts';
import { offerOperations } from './gateway/offers.ts';

/** The OpenAI-compatible door to the nodes that are connected to the hub. */
export interface Market {
  readonly operations: readonly BoundOperation[];
  readonly routes: readonly RawRoute[];
}

export function createMarket(components: GatewayComponents): Market {
  return {
    operations: [...modelOperations(components.hub), ...offerOperations(components.hub)],
    routes: [...modelRoutes(components), ...modelNameRoutes(components.hub)],
  };
}
