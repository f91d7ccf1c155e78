import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly atMs: number;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** An HTTP server that answers what a test says, request by request; the last answer stays. */
export class WireHttp implements AsyncDisposable {
  readonly url: string;
  readonly seen: SeenRequest[] = [];
  readonly #server: Server;

  private constructor(server: Server, answers: Answer[]) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void text(request).then((body) => {
        const { method = '', url = '', headers } = request;
        const seen = { method, url, headers, body, atMs: performance.now() };
        this.seen.push(seen);
        const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
        return answer(response, seen);
      });
    });
  }

  static async answering(...answers: Answer[]): Promise<WireHttp> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new WireHttp(server, answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function json(body: unknown, status = 200): Answer {
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An error as the hub answers it. */
export function problem(status: number, code: string, more: object = {}): Answer {
  const body = {
    type: `/errors/${code}`,
    title: code,
    status,
    detail: `${code} happened`,
    code,
    retryable: false,
    ...more,
  };
  return (response) =>
    void response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
}
