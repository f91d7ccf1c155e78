import { endpointOf, type ModelBody } from '../../node/backend.ts';
import { BackendMalformed } from '../../node/errors.ts';
import type { Call, CallContext, Connection } from './connection.ts';
import { insistOnType } from './content-type.ts';

/** A request answered in one piece; the text as it came. */
export async function answer(
  connection: Connection,
  body: ModelBody,
  { signal, traceparent }: CallContext,
): Promise<string> {
  signal.throwIfAborted();
  const { name, completionTimeoutMs, maxAnswerBytes } = connection.settings;
  const call: Call = {
    method: 'POST',
    path: endpointOf(body)!,
    body: JSON.stringify(body.stream === true ? { ...body, stream: false } : body),
    accept: 'application/json',
    answerTimeoutMs: completionTimeoutMs,
    traceparent,
  };
  const exchange = connection.send(call, signal);
  return connection.using(exchange, signal, async () => {
    insistOnType(name, await connection.accepted(exchange), 'application/json');
    const text = await exchange.text(maxAnswerBytes);
    if (text !== undefined) return text;
    throw BackendMalformed.error(`${name} sent an answer of more than maxAnswerBytes (${maxAnswerBytes})`);
  });
}
