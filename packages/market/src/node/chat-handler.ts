import type { Handler, TaskContext } from '@reeve/hub/api';
import { InvalidInput, ReeveError } from '@reeve/kernel';
import { elapsedMs, finishReasonOf, StreamFacts, usageOf } from './answer-facts.ts';
import { endpointOf, type Backend, type ModelBody } from './backend.ts';
import type { StreamedAnswer, WholeAnswer } from './chat-output.ts';
import { parseAnswer, type AnswerShape } from './chunk-text.ts';
import { BackendFailed, BackendMalformed, ModelNotServed, StreamBroken } from './errors.ts';
import type { MemoryGuard } from './memory-guard.ts';
import { asksForUsage, Counting, withoutUsage } from './usage-request.ts';

/** The backend's id of the model that a capability stands for; undefined when it is not served (any more). */
export type ModelOf = (capability: string) => string | undefined;

/** A longer answer goes ahead in pieces, in UTF-16 units: results are kept, and kept small. */
const pieceLength = 64 * 1024;

/**
 * Serves tasks whose input is a request to a model, and whose output is a `ChatOutput`. What model is meant is decided
 * by the capability that was leased, not by the body: that is what the hub matched and what will be paid for.
 */
export function createChatHandler(backend: Backend, modelOf: ModelOf, memory: MemoryGuard): Handler {
  const counting = new Counting();
  return async (input, context) => {
    memory.check();
    const body = bodyFor(input, context.capability, modelOf);
    return body.stream === true ? streamed(backend, counting, body, context) : whole(backend, body, context);
  };
}

function bodyFor(input: unknown, capability: string, modelOf: ModelOf): ModelBody {
  const backendId = modelOf(capability);
  if (backendId === undefined) throw ModelNotServed.error(`this node does not serve ${capability}`);
  if (!isModelInput(input)) {
    throw InvalidInput.error('the input is the body of a request: an object with `messages`, `prompt` or `input`');
  }
  return input.model === backendId ? (input as ModelBody) : { ...input, model: backendId };
}

function isModelInput(input: unknown): input is { model?: unknown; [field: string]: unknown } {
  return typeof input === 'object' && input !== null && endpointOf(input) !== undefined;
}

async function whole(backend: Backend, body: ModelBody, context: TaskContext): Promise<WholeAnswer> {
  const startedMs = performance.now();
  const text = await backend.answer(body, context.signal, context.traceparent);
  const durationMs = elapsedMs(startedMs);
  const answer = parseAnswer(text);
  if (answer === undefined)
    throw BackendMalformed.error(`${backend.name} answered with something that is not a JSON object`);
  if (!saysSomething(answer)) throw BackendFailed.error(`${backend.name} answered without any choice`);
  const facts = { finishReason: finishReasonOf(answer), usage: usageOf(answer), durationMs };
  if (text.length <= pieceLength) return { streamed: false, completion: text, pieces: 0, ...facts };
  let pieces = 0;
  for (let at = 0; at < text.length; at += pieceLength, pieces++) await context.emit(text.slice(at, at + pieceLength));
  return { streamed: false, completion: null, pieces, ...facts };
}

function saysSomething({ choices, data }: AnswerShape): boolean {
  const parts = choices ?? data;
  return Array.isArray(parts) && parts.length > 0;
}

async function streamed(
  backend: Backend,
  counting: Counting,
  body: ModelBody,
  context: TaskContext,
): Promise<StreamedAnswer> {
  const startedMs = performance.now();
  const facts = new StreamFacts(startedMs);
  try {
    await counting.asking(body, (asking) =>
      passOn(backend.answerStream(asking, context.signal, context.traceparent), body, facts, context),
    );
  } catch (error) {
    throw afterChunks(facts.chunks, error);
  }
  if (facts.chunks === 0) throw BackendFailed.error(`${backend.name} ended its stream without a single chunk`);
  const { chunks, finishReason, usage, firstTokenMs } = facts;
  return { streamed: true, finishReason, usage, chunks, firstTokenMs, durationMs: elapsedMs(startedMs) };
}

/** Each chunk waits for flow control, and the backend waits for the chunk: a slow reader slows the model server. */
async function passOn(
  chunks: AsyncIterable<string>,
  body: ModelBody,
  facts: StreamFacts,
  context: TaskContext,
): Promise<void> {
  const asked = asksForUsage(body);
  for await (const chunk of chunks) {
    const passed = asked ? chunk : withoutUsage(chunk);
    facts.see(chunk, passed !== undefined);
    if (passed !== undefined) await context.emit(passed);
  }
}

/** Once a chunk has been passed on, a second attempt would repeat it: an error that could be retried becomes final. */
function afterChunks(chunks: number, error: unknown): unknown {
  if (chunks === 0 || !(error instanceof ReeveError) || !error.retryable) return error;
  return StreamBroken.error(`the answer broke off after ${chunks} chunks: ${error.message}`, {
    details: { chunks, cause: error.code },
    cause: error,
  });
}
