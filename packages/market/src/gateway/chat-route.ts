import { asReeveError, nearestNames, type Clock, type ReeveError } from '@reeve/kernel';
import type { Hub } from '@reeve/hub';
import type { Caller, Logger, RawRoute } from '@reeve/platform';
import { TaskSubmission } from '@reeve/hub/api';
import { chatCapability, modelOf } from './capability.ts';
import { readChatRequest, type ChatRequest } from './chat-request.ts';
import { ChatStream } from './chat-stream.ts';
import { FirstTokenTimeout, ModelNotFound, ModelUnavailable } from '../errors.ts';
import { clientError } from './client-error.ts';
import type { GatewayMetrics } from './metrics.ts';
import { openAiError, openAiErrorBody } from './openai-error.ts';

export interface GatewaySettings {
  readonly durability: 'sync' | 'group';
  readonly firstTokenTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

export interface GatewayComponents {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: GatewayMetrics;
  readonly settings: GatewaySettings;
}

type Request = Parameters<RawRoute['handle']>[0];
type Reply = Parameters<RawRoute['handle']>[1];

/** `POST /v1/chat/completions`: each request is a task for whichever node serves the model, attached to its connection. */
export function chatRoute(components: GatewayComponents): RawRoute {
  return {
    method: 'POST',
    path: '/v1/chat/completions',
    name: 'chat.complete',
    access: 'chat:use',
    errorBody: openAiErrorBody,
    handle: (request, reply, caller) => complete(components, request, reply, caller),
  };
}

async function complete(
  components: GatewayComponents,
  request: Request,
  reply: Reply,
  caller: Caller,
): Promise<unknown> {
  const startedMs = components.clock.monotonicMs();
  const chat = readChatRequest(request.body);
  assertServed(components.hub, chat.model);
  const answer = new Answer(components, request, reply, caller, chat);
  try {
    const body = await answer.run();
    components.metrics.answered('served', components.clock.monotonicMs() - startedMs);
    return body;
  } catch (thrown) {
    const error = clientError(asReeveError(thrown));
    components.metrics.answered(error.code, components.clock.monotonicMs() - startedMs);
    return answer.fail(error);
  }
}

/** One request on its way to a node and back. */
class Answer {
  readonly #components: GatewayComponents;
  readonly #request: Request;
  readonly #reply: Reply;
  readonly #caller: Caller;
  readonly #chat: ChatRequest;
  readonly #stream: ChatStream;
  #taskId = '';

  constructor(components: GatewayComponents, request: Request, reply: Reply, caller: Caller, chat: ChatRequest) {
    this.#components = components;
    this.#request = request;
    this.#reply = reply;
    this.#caller = caller;
    this.#chat = chat;
    this.#stream = new ChatStream(reply.raw, () => this.#begin());
  }

  /** The body of a whole answer; nothing for a stream, which has been written by then. */
  async run(): Promise<unknown> {
    const { hub, settings } = this.#components;
    const withdrawal = new AbortController();
    const signal = AbortSignal.any([this.#request.visit.signal, withdrawal.signal]);
    const timer = setTimeout(() => this.#withdrawUnlessBegun(withdrawal), settings.firstTokenTimeoutMs);
    try {
      const submission = this.#submission();
      const tenant = this.#caller.tenant;
      const task = hub.attach({
        tenant,
        submission,
        onChunks: this.#stream.chunks,
        signal,
        durability: settings.durability,
      });
      this.#taskId = task.taskId;
      return this.#deliver(await Promise.race([task.output, rejectOn(withdrawal.signal)]));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Before the first byte an error is an answer with its status; after it, a last event in the stream. */
  fail(error: ReeveError): void {
    if (!this.#stream.begun) throw error;
    this.#stream.fail(openAiError(error));
  }

  #submission(): TaskSubmission {
    const { clock, settings } = this.#components;
    return TaskSubmission.parse({
      kind: 'llm.chat',
      input: this.#chat,
      requires: [{ name: chatCapability(this.#chat.model) }],
      timeoutMs: settings.requestTimeoutMs,
      deadlineAtMs: clock.nowMs() + settings.requestTimeoutMs,
    });
  }

  #deliver(output: string): unknown {
    if (this.#chat.stream === true) {
      this.#stream.end();
      return undefined;
    }
    const { completion } = JSON.parse(output) as { completion: string };
    void this.#reply.header('content-type', 'application/json').header('x-reeve-task', this.#taskId);
    return completion;
  }

  #begin(): void {
    this.#reply.hijack();
    this.#reply.raw.writeHead(200, {
      ...(this.#reply.getHeaders() as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-reeve-task': this.#taskId,
    });
  }

  /** A whole answer has its first token only at its end, so only streams are held to it. */
  #withdrawUnlessBegun(withdrawal: AbortController): void {
    if (this.#stream.begun || this.#chat.stream !== true) return;
    const { firstTokenTimeoutMs } = this.#components.settings;
    withdrawal.abort(FirstTokenTimeout.error(`no node began to answer within ${firstTokenTimeoutMs} ms`));
  }
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );
}

function assertServed(hub: Hub, model: string): void {
  const capability = chatCapability(model);
  if (hub.isOnline(capability)) return;
  if (hub.isDeclared(capability)) {
    throw ModelUnavailable.error(`no node serves ${model} at the moment`, { retryAfterMs: 1_000 });
  }
  const known = [...hub.onlineCapabilities(chatCapability('')).keys()].map(modelOf);
  const nearest = nearestNames(model, known);
  const hint = nearest.length > 0 ? `did you mean ${nearest.join(', ')}?` : 'GET /v1/models lists those there are';
  const issues = [{ path: ['model'], message: 'is not known' }];
  throw ModelNotFound.error(`there is no model ${model.slice(0, 100)}; ${hint}`, { issues });
}
