import type { ChatUsage } from './chat-output.ts';
import { bringsToken, mayFinish, mayHoldUsage, parseAnswer, type AnswerShape } from './chunk-text.ts';

/** Finish reason of the first choice that has one. */
export function finishReasonOf(answer: AnswerShape): string | null {
  for (const choice of answer.choices ?? []) {
    if (typeof choice?.finish_reason === 'string') return choice.finish_reason;
  }
  return null;
}

/** Null when there is none, or not in whole numbers. */
export function usageOf(answer: AnswerShape): ChatUsage | null {
  const promptTokens = answer.usage?.prompt_tokens;
  const completionTokens = answer.usage?.completion_tokens ?? 0;
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Collects from the chunks that pass what the summary of a stream says, and parses only those that may say it. */
export class StreamFacts {
  chunks = 0;
  finishReason: string | null = null;
  usage: ChatUsage | null = null;
  firstTokenMs: number | null = null;
  readonly #startedMs: number;

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  /** @param passed false for a chunk that is not handed on: it is not counted. */
  see(chunk: string, passed = true): void {
    if (passed) this.chunks++;
    if (this.firstTokenMs === null && bringsToken(chunk)) this.firstTokenMs = elapsedMs(this.#startedMs);
    if (!mayFinish(chunk) && !mayHoldUsage(chunk)) return;
    const answer = parseAnswer(chunk);
    if (answer === undefined) return;
    this.finishReason ??= finishReasonOf(answer);
    this.usage = usageOf(answer) ?? this.usage;
  }
}

/** Milliseconds since `startedMs` of the monotonic clock, to the microsecond. */
export function elapsedMs(startedMs: number): number {
  return Math.round((performance.now() - startedMs) * 1_000) / 1_000;
}
