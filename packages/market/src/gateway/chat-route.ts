import type { RawRoute } from '@reeve/platform';
import { ChatExchange } from './chat-exchange.ts';
import { readChatRequest } from './chat-request.ts';
import type { GatewayComponents } from './components.ts';
import { openAiErrorBody } from './openai-error.ts';
import { assertServed } from './served.ts';

/** `POST /v1/chat/completions`: each request is a task for whichever node serves the model, attached to its connection. */
export function chatRoute(components: GatewayComponents): RawRoute {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    name: 'chat.complete',
    access: 'chat:use',
    errorBody: openAiErrorBody,
    handle(request, reply, caller) {
      const chat = readChatRequest(request.body);
      assertServed(components.hub, 'chat', chat.model);
      return new ChatExchange(components, request, reply, chat).run(caller);
    },
  };
}
