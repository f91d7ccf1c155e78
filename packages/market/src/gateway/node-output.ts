import { NodeAnswerInvalid } from '../errors.ts';
import type { TokenCounts } from '../domain/budgets/amounts.ts';
import type { ChatOutput, StreamedAnswer, WholeAnswer } from '../node/chat-output.ts';
import type { AnswerPieces } from './answer-pieces.ts';

/**
 * The text of a whole answer, from the output of its task, or from the pieces that went ahead when it is long. A node
 * says what it likes, so what it says is checked.
 * @throws NodeAnswerInvalid
 */
export function completionOf(output: string, came: Pick<AnswerPieces, 'count' | 'text'>): string {
  const { streamed, completion, pieces } = parsed<WholeAnswer>(output);
  const text = completion === null && pieces === came.count ? came.text : completion;
  if (streamed === false && typeof text === 'string' && text.startsWith('{')) return text;
  throw NodeAnswerInvalid.error('the node ended the task without an answer');
}

/**
 * That all chunks of a streamed answer have been passed on: the summary at its end counts them.
 * @throws NodeAnswerInvalid
 */
export function assertComplete(output: string, chunkCount: number): void {
  const { streamed, chunks } = parsed<StreamedAnswer>(output);
  if (streamed === true && chunks === chunkCount && chunkCount > 0) return;
  const said = typeof chunks === 'number' ? `${chunks}` : 'no';
  throw NodeAnswerInvalid.error(`the node speaks of ${said} chunks, and ${chunkCount} came`);
}

/** What the node says that its answer took; undefined where it does not say. */
export function reportedTokens(output: string): TokenCounts | undefined {
  const { usage } = parsed<ChatOutput>(output);
  const { promptTokens, completionTokens } = usage ?? {};
  return isCount(promptTokens) && isCount(completionTokens) ? { promptTokens, completionTokens } : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function parsed<Answer>(output: string): Partial<Answer> {
  const value: unknown = JSON.parse(output);
  return typeof value === 'object' && value !== null ? value : {};
}
