import { generate } from './generate.ts';
import type { NGram } from './n-gram.ts';
import { seededRandom } from '../../domain/seeded-random.ts';
import type { MiniRequest } from './request.ts';
import { StopFilter } from './stop-filter.ts';
import { piecesOf } from './tokens.ts';

/** Said at the start of every conversation, so that nobody takes the toy for a language model. */
const introduction =
  "I am mini, a toy: an n-gram model that strings together words from Reeve's own documents. Don't believe me.\n\n";

export interface AnswerEnd {
  readonly finishReason: 'stop' | 'length';
  /** Tokens made, the ones of a stop sequence included, as other servers count them. */
  readonly completionTokens: number;
}

/** The answer to a request, one token at a time; a token held back for a stop sequence comes with a later one. */
export function* answer(model: NGram, request: MiniRequest): Generator<string, AnswerEnd> {
  const filter = new StopFilter(request.stops);
  let completionTokens = 0;
  let finishReason: AnswerEnd['finishReason'] = 'stop';
  for (const token of tokens(model, request)) {
    if (completionTokens === request.maxTokens) {
      finishReason = 'length';
      break;
    }
    completionTokens++;
    const text = filter.push(token);
    if (text !== '') yield text;
    if (filter.stopped) return { finishReason: 'stop', completionTokens };
  }
  const rest = filter.end();
  if (rest !== '') yield rest;
  return { finishReason, completionTokens };
}

function* tokens(model: NGram, request: MiniRequest): Generator<string> {
  if (request.opensConversation) yield* piecesOf(introduction);
  const random = seededRandom(request.seed);
  for (const token of generate(model, request.question, request.temperature, random))
    yield model.vocabulary.textOf(token);
}
