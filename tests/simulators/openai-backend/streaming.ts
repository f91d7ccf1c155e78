import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { chunkTexts, type Answer } from './answer.ts';
import type { Behaviour } from './behaviour.ts';
import type { Recorder } from './recorder.ts';

const sseHeaders = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };

/** Writes an answer as server-sent events, at the reader's pace, with the fault it was told to show. */
export async function streamAnswer(
  response: ServerResponse,
  answer: Answer,
  includeUsage: boolean,
  behaviour: Behaviour,
  recorder: Recorder,
): Promise<void> {
  response.writeHead(200, sseHeaders);
  const faultAt = isMidStream(behaviour) ? behaviour.faultAfter + answer.choices : Infinity;
  let pending = '';
  let events = 0;
  for (const chunk of chunkTexts(answer, includeUsage)) {
    if (events === faultAt) break;
    pending += eventText(chunk, behaviour);
    events++;
    recorder.stats.eventsWritten++;
    if (events % behaviour.burst !== 0 && events !== faultAt) continue;
    await deliver(response, pending, behaviour);
    if (response.destroyed) return;
    pending = '';
  }
  if (events === faultAt) return showFault(response, behaviour);
  if (behaviour.fault !== 'no-done') pending += eventText('[DONE]', behaviour);
  if (behaviour.fault === 'more-after-done')
    pending += eventText(afterDone, behaviour) + eventText('[DONE]', behaviour);
  if (pending !== '') await deliver(response, pending, { ...behaviour, intervalMs: 0 });
  if (behaviour.endDelayMs > 0) await pause(behaviour.endDelayMs);
  response.end();
}

const afterDone =
  '{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":" and more"},"finish_reason":null}]}';

function isMidStream({ fault }: Behaviour): boolean {
  return fault?.endsWith('-mid-stream') === true || fault?.endsWith('-chunk') === true;
}

function eventText(data: string, { lineEnd, comments }: Behaviour): string {
  return `${comments ? `: ping${lineEnd}` : ''}data: ${data}${lineEnd}${lineEnd}`;
}

/** One write; waits for the reader when its buffer is full, then for the interval. */
async function deliver(response: ServerResponse, text: string, behaviour: Behaviour): Promise<void> {
  if (behaviour.splitBytes !== undefined) return deliverSplit(response, text, behaviour.splitBytes);
  if (!response.write(text) && !response.destroyed) await drained(response);
  if (behaviour.intervalMs > 0) await pause(behaviour.intervalMs);
}

/** Resolves when the reader caught up, or went away. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle);
      resolve();
    };
    response.on('drain', settle).on('close', settle);
  });
}

async function deliverSplit(response: ServerResponse, text: string, sizeBytes: number): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length && !response.destroyed; at += sizeBytes) {
    response.write(bytes.subarray(at, at + sizeBytes));
    await nextTurn();
  }
}

function showFault(response: ServerResponse, behaviour: Behaviour): void {
  switch (behaviour.fault) {
    case 'cut-mid-stream':
      // Only once the deltas before the cut are on the wire, or the reader could miss them.
      return void response.write('', () => response.destroy());
    case 'end-mid-stream':
      return void response.end();
    case 'error-chunk':
      return void response.end(
        eventText('{"error":{"message":"the engine ran out of memory","type":"server_error","code":500}}', behaviour),
      );
    case 'garbage-chunk':
      return void response.end(eventText('{"id":"chatcmpl-', behaviour) + eventText('[DONE]', behaviour));
    default:
      // stall-mid-stream: stays open until the client or the simulator closes it.
      return;
  }
}
