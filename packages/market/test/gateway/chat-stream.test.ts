import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ChatStream } from '../../src/gateway/chat-stream.ts';

interface Exchange {
  readonly stream: ChatStream;
  readonly response: ServerResponse;
  /** The client's end of the connection; reads nothing until it is resumed. */
  readonly client: Socket;
  readonly seen: { begun: number; broken: number };
}

/** A stream over a real connection whose client decides when it reads. */
async function open(): Promise<Exchange> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1').pause();
  client.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  onTestFinished(() => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const seen = { begun: 0, broken: 0 };
  const stream = new ChatStream(response, {
    begin() {
      seen.begun += 1;
      response.writeHead(200, { 'content-type': 'text/event-stream' });
    },
    broken: () => void (seen.broken += 1),
  });
  return { stream, response, client, seen };
}

async function textOf(client: Socket): Promise<string> {
  let text = '';
  client.setEncoding('utf8').on('data', (part: string) => (text += part));
  client.resume();
  await once(client, 'close');
  return text;
}

const chunk = '{"choices":[]}';

describe('credit', () => {
  test('[MK-02 stream] is given for what the socket has room for', async () => {
    const { stream, client } = await open();
    client.resume();
    const credited: number[] = [];
    stream.chunks([chunk, chunk], (length) => credited.push(length));
    stream.chunks([chunk], (length) => credited.push(length));
    expect(credited).toEqual([2 * chunk.length, chunk.length]);
  });

  test('[MK-02 stream] is withheld while the client does not read, and given when it has read', async () => {
    const { stream, client, response } = await open();
    const big = `{"choices":["${'x'.repeat(60_000)}"]}`;
    let sent = 0;
    let credited = 0;
    // The buffers of the two sockets in the kernel fill first, a turn at a time.
    for (let fullTurns = 0; fullTurns < 20;) {
      fullTurns = response.writableNeedDrain ? fullTurns + 1 : 0;
      if (fullTurns === 0) {
        sent += big.length;
        stream.chunks([big], (length) => (credited += length));
      }
      await nextTurn();
    }
    const creditedWhenFull = credited;
    expect(creditedWhenFull).toBeLessThan(sent);
    for (let more = 0; more < 5; more++) {
      sent += big.length;
      stream.chunks([big], (length) => (credited += length));
      await nextTurn();
    }
    expect(credited).toBe(creditedWhenFull);
    const drained = once(response, 'drain');
    client.resume();
    await drained;
    expect(credited).toBe(sent);
  });
});

describe('the end', () => {
  test('[MK-02 stream] of a whole answer is [DONE], of a broken one an error without it', async () => {
    const [whole, broken] = [await open(), await open()];
    const texts = [textOf(whole.client), textOf(broken.client)];
    for (const { stream } of [whole, broken]) stream.chunks([chunk], () => {});
    whole.stream.end();
    broken.stream.fail({ message: 'it broke', code: 'broken' });
    const [wholeText, brokenText] = await Promise.all(texts);
    expect(wholeText).toContain(`data: ${chunk}\n\n`);
    expect(wholeText).toContain('data: [DONE]\n\n');
    expect(brokenText).toContain('data: {"error":{"message":"it broke","code":"broken"}}\n\n');
    expect(brokenText).not.toContain('[DONE]');
  });

  test('[MK-02 stream] what a node still sends after the request was answered otherwise is dropped', async () => {
    const { stream, response, client, seen } = await open();
    const text = textOf(client);
    stream.close();
    response.writeHead(504).end('too late');
    stream.chunks([chunk], () => {});
    expect(await text).toMatch(/too late/);
    expect(seen).toEqual({ begun: 0, broken: 0 });
  });

  test('[MK-02 stream] chunks after the end, or after the client has gone, harm nothing', async () => {
    const { stream, client, response } = await open();
    stream.chunks([chunk], () => {});
    client.destroy();
    await once(response, 'close');
    stream.chunks([chunk], () => {});
    stream.fail({ message: 'nobody hears this' });
    stream.chunks([chunk], () => {});
    expect(stream.chunkCount).toBe(2);
  });
});

describe('what is no chunk', () => {
  test('[LD-07] breaks the stream, and nothing that came with it is passed on', async () => {
    for (const text of ['[DONE]', `${chunk}\n\ndata: [DONE]`, `${chunk}\r`, '', ' {}', '<html>']) {
      const { stream, seen } = await open();
      stream.chunks([chunk, text], () => {});
      expect([text, seen, stream.begun]).toEqual([text, { begun: 0, broken: 1 }, false]);
    }
  });
});

test('[MK-02 stream] the head is written once, with the first chunk', async () => {
  const { stream, seen } = await open();
  expect(seen.begun).toBe(0);
  for (let sent = 0; sent < 3; sent++) stream.chunks([chunk], () => {});
  expect(seen.begun).toBe(1);
  expect(stream.chunkCount).toBe(3);
});
