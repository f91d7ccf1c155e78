import type { ChatBody } from '../../node/backend.ts';
import { BackendMalformed } from '../../node/errors.ts';
import type { Call, Connection } from './connection.ts';
import { insistOnType } from './content-type.ts';

/** `POST /chat/completions`, answered in one piece; the text as it came. */
export async function chat(connection: Connection, body: ChatBody, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const { name, completionTimeoutMs, maxAnswerBytes } = connection.settings;
  const call: Call = {
    method: 'POST',
    path: '/chat/completions',
    body: JSON.stringify(body.stream === true ? { ...body, stream: false } : body),
    accept: 'application/json',
    answerTimeoutMs: completionTimeoutMs,
  };
  const exchange = connection.send(call, signal);
  return connection.using(exchange, signal, async () => {
    insistOnType(name, await connection.accepted(exchange), 'application/json');
    const answer = await exchange.text(maxAnswerBytes);
    if (answer !== undefined) return answer;
    throw BackendMalformed.error(`${name} sent an answer of more than maxAnswerBytes (${maxAnswerBytes})`);
  });
}
