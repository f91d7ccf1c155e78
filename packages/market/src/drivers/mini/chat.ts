import type { ModelBody } from '../../node/backend.ts';
import { answer } from './answer.ts';
import { newHead, type Mini } from './mini.ts';
import { paced } from './pace.ts';
import { modelId, readRequest } from './request.ts';
import { usageOf } from './usage.ts';

/** One `chat.completion`. */
export async function chat(mini: Mini, body: ModelBody, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const request = readRequest(body);
  const steps = paced(answer(mini.model, request), signal);
  let content = '';
  let step = await steps.next();
  for (; !step.done; step = await steps.next()) content += step.value;
  return JSON.stringify({
    ...newHead(),
    object: 'chat.completion',
    model: modelId,
    system_fingerprint: mini.fingerprint,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: step.value.finishReason,
      },
    ],
    usage: usageOf(request, step.value),
  });
}
