import type { AnswerEnd } from './answer.ts';
import type { MiniRequest } from './request.ts';

/** OpenAI's usage object, in the model's own tokens. */
export function usageOf(request: MiniRequest, end: AnswerEnd): object {
  return {
    prompt_tokens: request.promptTokens,
    completion_tokens: end.completionTokens,
    total_tokens: request.promptTokens + end.completionTokens,
  };
}
