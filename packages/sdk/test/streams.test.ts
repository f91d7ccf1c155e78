import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { readSse, type SseEvent } from '../src/http/sse.ts';
import { createClient } from '../src/index.ts';
import { type Answer, problem, WireHttp } from './wire-http.ts';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function serve(...answers: Answer[]) {
  const server = await WireHttp.answering(...answers);
  open.push(server);
  return { server, reeve: createClient({ url: server.url, retry: { initialDelayMs: 5 } }) };
}

function stream(write: (response: ServerResponse) => void): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    write(response);
  };
}

function eventText(position: number): string {
  const event = { position, atMs: 1, type: 'task.queued', tenant: 't', subject: `task:${position}`, data: {} };
  return `id: ${position}\nevent: task.queued\ndata: ${JSON.stringify(event)}\n\n`;
}

async function take<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) if (taken.push(item) === count) return taken;
  return taken;
}

describe('reading server-sent events', () => {
  async function read(...parts: (string | Uint8Array)[]): Promise<SseEvent[]> {
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const part of parts) controller.enqueue(typeof part === 'string' ? encoder.encode(part) : part);
        controller.close();
      },
    });
    return take(readSse(body), Infinity);
  }

  test('ids stay, comments go, lines of one event are joined, unknown fields are ignored', async () => {
    const events = await read(': hello\nid: 7\nevent: tick\ndata: one\ndata: two\nretry: 5\n\ndata:no space\n\n:\n\n');
    expect(events).toEqual([
      { id: '7', event: 'tick', data: 'one\ntwo' },
      { id: '7', event: 'message', data: 'no space' },
    ]);
  });

  test.each([['\n'], ['\r\n'], ['\r']])('lines end with %j, wherever the bytes are cut', async (end) => {
    const text = `id: 1${end}data: grüße 🎉${end}${end}data: two${end}${end}data: x`;
    const bytes = new TextEncoder().encode(text);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const events = await read(bytes.slice(0, cut), bytes.slice(cut));
      expect(events.map(({ data }) => data)).toEqual(['grüße 🎉', 'two']);
    }
  });

  test('an event that is cut off at the end is none', async () => {
    expect(await read('data: whole\n\ndata: half')).toMatchObject([{ data: 'whole' }]);
  });
});

describe('following events', () => {
  test('[HB-13] goes on after a lost connection with the event after the last, none missed and none twice', async () => {
    const { server, reeve } = await serve(
      stream((response) => response.write(eventText(6) + eventText(7) + 'id: 8\ndata: {"ha', () => response.destroy())),
      (response) => void response.destroy(),
      problem(503, 'overloaded', { retryable: true }),
      stream((response) => response.end(eventText(8))),
      stream((response) => void response.write(eventText(9))),
    );
    const events = await take(reeve.follow({ after: 5, subject: 'task:1', type: 'task.queued' }), 4);
    expect(events.map(({ position }) => position)).toEqual([6, 7, 8, 9]);
    expect(server.seen[0]!.url).toBe('/v1/events?subject=task%3A1&type=task.queued');
    expect(server.seen.map(({ headers }) => headers['last-event-id'])).toEqual(['5', '7', '7', '7', '8']);
  });

  test('[HB-13 resume] goes on from where the stream began when it broke before the first event', async () => {
    const { server, reeve } = await serve(
      stream((response) => response.write(': hello\nid: 41\n\n', () => response.destroy())),
      stream((response) => void response.write(': hello\nid: 41\n\n' + eventText(42))),
    );
    expect(await take(reeve.follow(), 1)).toMatchObject([{ position: 42 }]);
    expect(server.seen.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '41']);
  });

  test('a stream that is silent is opened anew', async () => {
    const { server, reeve } = await serve(
      stream((response) => void response.write(eventText(1))),
      stream((response) => void response.write(eventText(2))),
    );
    const events = await take(reeve.follow({ silenceMs: 60 }), 2);
    expect(events.map(({ position }) => position)).toEqual([1, 2]);
    expect(server.seen[1]!.headers['last-event-id']).toBe('1');
  });

  test('signs of life keep a quiet stream', async () => {
    const { server, reeve } = await serve(
      stream((response) => {
        const timer = setInterval(() => response.write(': still here\n\n'), 20);
        setTimeout(() => response.write(eventText(1)), 200);
        response.on('close', () => clearInterval(timer));
      }),
    );
    await take(reeve.follow({ silenceMs: 90 }), 1);
    expect(server.seen).toHaveLength(1);
  });

  test('[FD-02 permanent] ends with the error when the hub refuses', async () => {
    const { server, reeve } = await serve(problem(401, 'unauthenticated'));
    await expect(take(reeve.follow(), 1)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(server.seen).toHaveLength(1);
  });

  test('ends quietly when it is aborted', async () => {
    const aborter = new AbortController();
    const { reeve } = await serve(stream((response) => void response.write(eventText(1))));
    const seen: number[] = [];
    for await (const { position } of reeve.follow({ signal: aborter.signal })) {
      seen.push(position);
      aborter.abort();
    }
    expect(seen).toEqual([1]);
  });
});

describe('streaming a chat', () => {
  const chunk = (content: string, finish_reason: string | null = null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason }] })}\n\n`;
  const request = { model: 'mini', messages: [{ role: 'user' as const, content: 'hi' }], temperature: 0 };

  async function textOf(answer: Answer): Promise<string> {
    const { reeve } = await serve(answer);
    let text = '';
    for await (const { choices } of reeve.streamChat(request)) text += choices[0]?.delta?.content ?? '';
    return text;
  }

  test('[MK-02] gives the chunks as they come and ends with [DONE]', async () => {
    const { server, reeve } = await serve(
      stream((response) => response.end(chunk('Hel') + chunk('lo', 'stop') + 'data: [DONE]\n\n')),
    );
    expect(await take(reeve.streamChat(request), Infinity)).toHaveLength(2);
    expect(JSON.parse(server.seen[0]!.body)).toMatchObject({ ...request, stream: true });
  });

  test('an answer that breaks off is an error, never an end', async () => {
    const cut = textOf(stream((response) => response.write(chunk('Hel'), () => response.destroy())));
    await expect(cut).rejects.toMatchObject({ code: 'hub_unreachable' });
    const short = textOf(stream((response) => response.end(chunk('Hel'))));
    await expect(short).rejects.toMatchObject({ code: 'answer_not_understood' });
  });

  test('an error in mid-stream is that error', async () => {
    const error = { message: 'the node is gone', type: 'server_error', code: 'node_lost', param: null };
    const broken = textOf(stream((response) => response.end(chunk('Hel') + `data: ${JSON.stringify({ error })}\n\n`)));
    await expect(broken).rejects.toMatchObject({ code: 'node_lost', message: 'the node is gone' });
  });

  test('a refusal in the form of OpenAI’s API is read', async () => {
    const error = {
      message: 'there is no model x',
      type: 'invalid_request_error',
      code: 'model_not_found',
      param: 'model',
    };
    const refused = textOf((response) => void response.writeHead(404).end(JSON.stringify({ error })));
    await expect(refused).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: 'there is no model x',
    });
  });

  test('[FD-02 http-time-out] silence is not waited out', async () => {
    const { reeve } = await serve(stream((response) => void response.write(chunk('Hel'))));
    const waiting = take(reeve.streamChat(request, { silenceMs: 50 }), 2);
    await expect(waiting).rejects.toMatchObject({ code: 'answer_timed_out' });
  });
});
