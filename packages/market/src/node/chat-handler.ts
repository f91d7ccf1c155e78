import type { Handler, TaskContext } from '@reeve/hub/api';
import { InvalidInput, ReeveError } from '@reeve/kernel';
import { elapsedMs, finishReasonOf, StreamFacts, usageOf } from './answer-facts.ts';
import type { Backend, ChatBody } from './backend.ts';
import type { StreamedAnswer, WholeAnswer } from './chat-output.ts';
import { parseAnswer } from './chunk-text.ts';
import type { MemoryGuard } from './memory-guard.ts';
import { BackendFailed, BackendMalformed, ModelNotServed, StreamBroken } from './errors.ts';

/** The backend's id of the model that a capability stands for; undefined when it is not served (any more). */
export type ModelOf = (capability: string) => string | undefined;

/**
 * Serves tasks whose input is a chat request, and whose output is a `ChatOutput`. What model is meant is decided by
 * the capability that was leased, not by the body: that is what the hub matched and what will be paid for.
 */
export function createChatHandler(backend: Backend, modelOf: ModelOf, memory: MemoryGuard): Handler {
  return async (input, context) => {
    memory.check();
    const body = bodyFor(input, context.capability, modelOf);
    return body.stream === true ? streamed(backend, body, context) : whole(backend, body, context);
  };
}

function bodyFor(input: unknown, capability: string, modelOf: ModelOf): ChatBody {
  const backendId = modelOf(capability);
  if (backendId === undefined) throw ModelNotServed.error(`this node does not serve ${capability}`);
  if (!isChatInput(input)) {
    throw InvalidInput.error('the input of a chat task is the body of a chat request, an object with `messages`');
  }
  return input.model === backendId ? (input as ChatBody) : { ...input, model: backendId };
}

function isChatInput(input: unknown): input is { model?: unknown; messages: unknown[]; [field: string]: unknown } {
  return typeof input === 'object' && input !== null && 'messages' in input && Array.isArray(input.messages);
}

async function whole(backend: Backend, body: ChatBody, context: TaskContext): Promise<WholeAnswer> {
  const startedMs = performance.now();
  const completion = await backend.chat(body, context.signal);
  const durationMs = elapsedMs(startedMs);
  const answer = parseAnswer(completion);
  if (answer === undefined)
    throw BackendMalformed.error(`${backend.name} answered with something that is not a JSON object`);
  if (!Array.isArray(answer.choices) || answer.choices.length === 0) {
    throw BackendFailed.error(`${backend.name} answered without any choice`);
  }
  return { streamed: false, completion, finishReason: finishReasonOf(answer), usage: usageOf(answer), durationMs };
}

/** Each chunk waits for flow control, and the backend waits for the chunk: a slow reader slows the model server. */
async function streamed(backend: Backend, body: ChatBody, context: TaskContext): Promise<StreamedAnswer> {
  const startedMs = performance.now();
  const facts = new StreamFacts(startedMs);
  try {
    for await (const chunk of backend.chatStream(body, context.signal)) {
      facts.see(chunk);
      await context.emit(chunk);
    }
  } catch (error) {
    throw afterChunks(facts.chunks, error);
  }
  if (facts.chunks === 0) throw BackendFailed.error(`${backend.name} ended its stream without a single chunk`);
  const { chunks, finishReason, usage, firstTokenMs } = facts;
  return { streamed: true, finishReason, usage, chunks, firstTokenMs, durationMs: elapsedMs(startedMs) };
}

/** Once a chunk has been passed on, a second attempt would repeat it: an error that could be retried becomes final. */
function afterChunks(chunks: number, error: unknown): unknown {
  if (chunks === 0 || !(error instanceof ReeveError) || !error.retryable) return error;
  return StreamBroken.error(`the answer broke off after ${chunks} chunks: ${error.message}`, {
    details: { chunks, cause: error.code },
    cause: error,
  });
}
