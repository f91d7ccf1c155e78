import { decideRetry, ReeveError, type StreamOperation } from '@reeve/kernel';
import { AnswerNotUnderstood } from '../errors.ts';
import { answerLines, type StreamOptions } from './answer-lines.ts';
import { sleep } from './exchange.ts';
import { RemoteError } from './remote-error.ts';
import type { Transport } from './transport.ts';

/** Lines and UTF-16 units that one request carries: what is sent again when a connection breaks, and held until then. */
const linesPerRequest = 10_000;
const unitsPerRequest = 4 * 1024 * 1024;

/** A line of an answer: about one line that was sent, or the end of the answer. */
export interface AnswerLine {
  readonly line?: number;
  readonly end?: { readonly stopped?: { readonly error: LineFault } };
}

interface LineFault {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/**
 * Sends values, one on each line, and gives the answer to each, with `line` counted over all of them from 1. Memory
 * holds one request's worth of them. What had no answer when a connection broke, or when the hub stopped for a reason
 * that passes, is sent again: each line must be safe to repeat.
 * @throws RemoteError, ReeveError once a line stays without an answer after as many tries as the client makes.
 */
export async function* askByLines<Answer extends AnswerLine>(
  transport: Transport,
  operation: StreamOperation,
  input: Readonly<Record<string, unknown>>,
  values: AsyncIterable<unknown> | Iterable<unknown>,
  options: StreamOptions,
): AsyncGenerator<Answer & { readonly line: number }> {
  let sentBefore = 0;
  for await (const texts of requestsOf(values)) {
    const unanswered = new Map(texts.map((text, at) => [sentBefore + at + 1, text]));
    sentBefore += texts.length;
    for (let failures = 0; unanswered.size > 0;) {
      try {
        for await (const answer of answersTo(transport, operation, input, unanswered, options)) {
          failures = 0;
          yield answer as Answer & { readonly line: number };
        }
      } catch (error) {
        const retryable = (error instanceof RemoteError || error instanceof ReeveError) && error.retryable;
        const decision = decideRetry(transport.retry, ++failures, retryable, Math.random());
        if (!decision.retry) throw error;
        await sleep(decision.delayMs, options.signal);
      }
    }
  }
}

/** One request with all that is unanswered; takes off what is answered. @throws what cut it short. */
async function* answersTo(
  transport: Transport,
  operation: StreamOperation,
  input: Readonly<Record<string, unknown>>,
  unanswered: Map<number, string>,
  options: StreamOptions,
): AsyncGenerator<AnswerLine> {
  const sent = [...unanswered.keys()];
  const body = `${[...unanswered.values()].join('\n')}\n`;
  for await (const given of answerLines(transport, operation, input, body, options)) {
    const answer = given as AnswerLine;
    if (answer.end?.stopped) throw stoppedFor(answer.end.stopped.error);
    if (answer.end) break;
    const line = sent[(answer.line ?? 0) - 1];
    if (line === undefined || !unanswered.delete(line))
      throw AnswerNotUnderstood.error(`${operation.name} answered a line that was not asked, or was answered before`);
    yield { ...answer, line };
  }
  if (unanswered.size > 0) throw AnswerNotUnderstood.error(`the answer to ${operation.name} is not whole`);
}

function stoppedFor({ code, message, retryable }: LineFault): RemoteError {
  return new RemoteError({ type: `/errors/${code}`, title: message, detail: message, status: 503, code, retryable });
}

async function* requestsOf(values: AsyncIterable<unknown> | Iterable<unknown>): AsyncGenerator<string[]> {
  let texts: string[] = [];
  let units = 0;
  for await (const value of values) {
    const text = JSON.stringify(value);
    if (texts.length === linesPerRequest || (texts.length > 0 && units + text.length > unitsPerRequest)) {
      yield texts;
      [texts, units] = [[], 0];
    }
    texts.push(text);
    units += text.length;
  }
  if (texts.length > 0) yield texts;
}
