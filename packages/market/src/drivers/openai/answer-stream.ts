import { endpointOf, type ModelBody } from '../../node/backend.ts';
import { looksUnusual, mayFinish, parseAnswer } from '../../node/chunk-text.ts';
import { BackendEndedEarly, BackendMalformed } from '../../node/errors.ts';
import type { Call, CallContext, Connection } from './connection.ts';
import { insistOnType } from './content-type.ts';
import { failureOf } from './refusal.ts';
import { SseParser } from './sse-parser.ts';

const endMark = '[DONE]';

/** A request with `stream: true`; see `Backend.answerStream` for what is promised. */
export async function* answerStream(
  connection: Connection,
  body: ModelBody,
  { signal, traceparent }: CallContext,
): AsyncGenerator<string> {
  signal.throwIfAborted();
  const { name, firstByteTimeoutMs, maxAnswerBytes } = connection.settings;
  const call: Call = {
    method: 'POST',
    path: endpointOf(body)!,
    body: JSON.stringify(body.stream === true ? body : { ...body, stream: true }),
    accept: 'text/event-stream',
    answerTimeoutMs: firstByteTimeoutMs,
    traceparent,
  };
  const exchange = connection.send(call, signal);
  try {
    insistOnType(name, await connection.accepted(exchange), 'text/event-stream');
    const finish = new FinishWatch(typeof body.n === 'number' ? body.n : 1);
    const parser = new SseParser(maxAnswerBytes);
    for (let ended = false; !ended;) {
      const buffers = await exchange.read();
      ended = buffers === undefined;
      for (const event of buffers === undefined ? parser.end() : parser.push(joined(buffers))) {
        signal.throwIfAborted();
        if (event === endMark) return exchange.discardRest();
        // What the end of the stream cut off may be half an event, so it is looked at closely.
        const chunk = ended || looksUnusual(event) || event.includes('\n') ? checkedChunk(name, event) : event;
        finish.see(chunk);
        yield chunk;
      }
    }
    if (!finish.complete)
      throw BackendEndedEarly.error(`${name} ended the stream without a finish reason or ${endMark}`);
  } catch (error) {
    throw connection.typed(error, exchange, signal);
  } finally {
    exchange.cancel();
  }
}

function joined(buffers: Buffer[]): Buffer {
  return buffers.length === 1 ? buffers[0]! : Buffer.concat(buffers);
}

/** An unusual event is parsed before it is passed on: it may be an error, broken, or only written on several lines. */
function checkedChunk(backend: string, event: string): string {
  const value = parseAnswer(event);
  if (value === undefined) throw BackendMalformed.error(`${backend} sent an event that is not a JSON object`);
  const failed = (value.error !== undefined && value.error !== null) || !(value.choices || value.usage);
  if (failed) throw failureOf(backend, event);
  return event.includes('\n') ? JSON.stringify(value) : event;
}

/** Knows when every choice of an answer has its finish reason: then a stream may also end without `[DONE]`. */
class FinishWatch {
  readonly #choices: number;
  readonly #finished = new Set<unknown>();

  constructor(choices: number) {
    this.#choices = choices;
  }

  see(chunk: string): void {
    if (!mayFinish(chunk)) return;
    for (const choice of parseAnswer(chunk)?.choices ?? []) {
      if (typeof choice?.finish_reason === 'string') this.#finished.add(choice.index);
    }
  }

  get complete(): boolean {
    return this.#finished.size >= this.#choices;
  }
}
