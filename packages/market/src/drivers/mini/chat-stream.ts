import type { ModelBody } from '../../node/backend.ts';
import { answer } from './answer.ts';
import { newHead, type Mini } from './mini.ts';
import { paced } from './pace.ts';
import { modelId, readRequest } from './request.ts';
import { usageOf } from './usage.ts';

/** The `chat.completion.chunk` texts: the role, a chunk per token, the finish reason, and the usage when asked for. */
export async function* chatStream(mini: Mini, body: ModelBody, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  const request = readRequest(body);
  const facts = {
    ...newHead(),
    object: 'chat.completion.chunk',
    model: modelId,
    system_fingerprint: mini.fingerprint,
  };
  const head = `${JSON.stringify(facts).slice(0, -1)},"choices":[`;
  const tail = request.includeUsage ? '],"usage":null}' : ']}';
  yield head + choice('{"role":"assistant","content":"","refusal":null}', null) + tail;
  const steps = paced(answer(mini.model, request), signal);
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) {
    yield head + choice(`{"content":${JSON.stringify(step.value)}}`, null) + tail;
  }
  yield head + choice('{}', step.value.finishReason) + tail;
  if (request.includeUsage) yield `${head}],"usage":${JSON.stringify(usageOf(request, step.value))}}`;
}

function choice(delta: string, finishReason: string | null): string {
  return `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${JSON.stringify(finishReason)}}`;
}
