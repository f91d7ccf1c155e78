import type { BoundOperation, ErrorBodyWriter, RawRoute } from '@reeve/platform';
import { TurnCosts } from './domain/turn-costs.ts';
import type { GatewayComponents } from './gateway/components.ts';
import { estimateOperation } from './gateway/estimate.ts';
import { explainOperation } from './gateway/explain.ts';
import { modelRoutes } from './gateway/model-routes.ts';
import { modelOperations, modelNameRoutes } from './gateway/models.ts';
import { offerOperations } from './gateway/offers.ts';
import { bothErrorBody } from './gateway/openai-error.ts';

/** The OpenAI-compatible door to the nodes that are connected to the hub. */
export interface Market {
  readonly operations: readonly BoundOperation[];
  readonly routes: readonly RawRoute[];
  /** For paths that OpenAI's clients ask and nobody here answers, such as `/v1/images/generations`. */
  readonly missingErrorBody: ErrorBodyWriter;
}

export function createMarket(parts: Omit<GatewayComponents, 'turnCosts'>): Market {
  const components = { ...parts, turnCosts: new TurnCosts() };
  return {
    operations: [
      ...modelOperations(components.hub),
      ...offerOperations(components.hub),
      explainOperation(components.hub),
      estimateOperation(components.hub, components.database),
    ],
    routes: [...modelRoutes(components), ...modelNameRoutes(components.hub)],
    missingErrorBody: bothErrorBody,
  };
}
