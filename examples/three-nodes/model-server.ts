import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

/** A model server as a node finds it on its machine. It makes words up; how long that takes is real. */
export interface ModelServerOptions {
  readonly model: string;
  readonly msPerToken: number;
  /** Tokens that it reports for each one that there is. */
  readonly reportedPerToken: number;
}

interface Question {
  readonly messages: ReadonlyArray<{ readonly content: string }>;
  readonly max_tokens?: number;
}

const words = 'many hands make light work of what one pair would never end and nobody has to trust them'.split(' ');

/** An OpenAI-compatible server on loopback. One word is one token, in questions as in answers. */
export class ModelServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: ModelServerOptions;

  private constructor(options: ModelServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      const answer = request.method === 'GET' ? this.#models() : this.#completion(request);
      answer.then(
        (body) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body)),
        (error: Error) => response.writeHead(400).end(JSON.stringify({ error: { message: error.message } })),
      );
    });
  }

  static async start(options: ModelServerOptions): Promise<ModelServer> {
    const server = new ModelServer(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  #models(): Promise<object> {
    return Promise.resolve({ object: 'list', data: [{ id: this.#options.model, object: 'model' }] });
  }

  async #completion(request: IncomingMessage): Promise<object> {
    const { messages, max_tokens: count = 32 } = JSON.parse(await text(request)) as Question;
    const { model, msPerToken, reportedPerToken } = this.#options;
    await wait(count * msPerToken);
    const content = Array.from({ length: count }, (_, at) => words[at % words.length]).join(' ');
    const prompt = messages.flatMap((message) => message.content.split(' ')).length * reportedPerToken;
    const completion = count * reportedPerToken;
    return {
      id: 'chatcmpl-example',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
