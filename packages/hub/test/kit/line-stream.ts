import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { HubUnderTest } from './start-hub.ts';

/** A request whose body and answer are lines, both open at the same time. */
export interface LineStream {
  readonly request: ClientRequest;
  /** Sends values, or text as it is; resolves when the connection takes more. */
  send(...lines: readonly unknown[]): Promise<void>;
  end(): void;
  /** The next line of the answer; `undefined` at its end. */
  // eslint-disable-next-line typescript/no-explicit-any
  next(): Promise<any>;
  /** Ends the request and gives the rest of the answer. */
  // eslint-disable-next-line typescript/no-explicit-any
  rest(): Promise<any[]>;
  response(): Promise<IncomingMessage>;
}

/** Opens the request; the answer is read only when lines are asked for. */
export function openLines(
  { url, key }: Pick<HubUnderTest, 'url' | 'key'>,
  path: string,
  method: 'GET' | 'POST' = 'POST',
): LineStream {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' };
  const outgoing = request(url + path, { method, headers });
  outgoing.flushHeaders();
  outgoing.on('error', () => {}); // of a connection that the test or the hub cuts; a reader is told
  onTestFinished(() => void outgoing.destroy());
  const answered = once(outgoing, 'response').then(([response]) => response as IncomingMessage);
  answered.catch(() => {}); // told by whoever reads
  let lines: AsyncIterator<string> | undefined;
  const stream: LineStream = {
    request: outgoing,
    async send(...values) {
      const text = values.map((value) => (typeof value === 'string' ? value : `${JSON.stringify(value)}\n`)).join('');
      if (!outgoing.write(text)) await once(outgoing, 'drain');
    },
    end: () => void outgoing.end(),
    async next() {
      lines ??= createInterface({ input: await answered })[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await lines.next();
        if (done) return undefined;
        if (value !== '') return JSON.parse(value);
      }
    },
    async rest() {
      stream.end();
      const all = [];
      for (let line = await stream.next(); line !== undefined; line = await stream.next()) all.push(line);
      return all;
    },
    response: () => answered,
  };
  return stream;
}
