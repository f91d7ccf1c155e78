import { type MapResult, streamMapResults } from '@reeve/hub/api';
import { decideRetry, ReeveError } from '@reeve/kernel';
import { AnswerNotUnderstood } from '../errors.ts';
import { answerLines, type StreamOptions } from './answer-lines.ts';
import { sleep } from './exchange.ts';
import { RemoteError } from './remote-error.ts';
import type { Transport } from './transport.ts';

/**
 * The lines of `maps.results`, `end` included. A connection that breaks is made again and goes on with the next item, so
 * that every item comes once. @throws RemoteError, ReeveError when that fails as often as the client tries.
 */
export async function* mapResults(
  transport: Transport,
  id: string,
  { from = 0, ...options }: StreamOptions & { readonly from?: number },
): AsyncGenerator<MapResult> {
  let next = from;
  for (let failures = 0; ;) {
    try {
      for await (const line of answerLines(transport, streamMapResults, { id, from: next }, undefined, options)) {
        const result = line as MapResult;
        if ('item' in result) next = result.item + 1;
        failures = 0;
        yield result;
        if ('end' in result) return;
      }
      throw AnswerNotUnderstood.error(`the results of map ${id} broke off`);
    } catch (error) {
      const retryable = (error instanceof RemoteError || error instanceof ReeveError) && error.retryable;
      const decision = decideRetry(transport.retry, ++failures, retryable, Math.random());
      if (!decision.retry) throw error;
      await sleep(decision.delayMs, options.signal);
    }
  }
}
