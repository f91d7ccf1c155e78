import type { RawRoute } from '@reeve/platform';
import { ChatExchange } from './chat-exchange.ts';
import { withinBudgets } from './budgeted.ts';
import type { GatewayComponents } from './components.ts';
import { endpoints, type Endpoint } from './endpoints.ts';
import { readModelRequest } from './model-request.ts';
import { requirementsOf } from './model-task.ts';
import { openAiErrorBody } from './openai-error.ts';
import { assertQualified } from './qualified.ts';
import { routed } from './routing.ts';
import { aboutOf } from './route-description.ts';
import { assertServed } from './served.ts';

/** `POST` to what a model answers: each request is a task for whichever node serves it, attached to its connection. */
export function modelRoutes(components: GatewayComponents): RawRoute[] {
  return endpoints.map((endpoint) => modelRoute(components, endpoint));
}

function modelRoute(components: GatewayComponents, endpoint: Endpoint): RawRoute {
  return {
    method: 'POST',
    path: endpoint.path,
    name: endpoint.name,
    access: 'chat:use',
    errorBody: openAiErrorBody,
    about: aboutOf(endpoint),
    handle(request, reply, caller) {
      const asked = readModelRequest(endpoint, request.body);
      assertServed(components.hub, endpoint.kind, asked.model);
      const { body, constraints, urgency, conditional } = routed(asked, request.headers);
      if (conditional) assertQualified(components.hub, requirementsOf(endpoint, asked.model), constraints);
      const routedHere = { endpoint, body, constraints, urgency };
      const budgets = components.budgets.of(caller);
      if (budgets.length === 0) return new ChatExchange(components, request, reply, routedHere).run(caller);
      return withinBudgets(components, budgets, routedHere, request.visit.headers).then((kept) =>
        new ChatExchange(components, request, reply, kept).run(caller),
      );
    },
  };
}
