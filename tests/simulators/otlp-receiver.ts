/** An endpoint for spans: OTLP over HTTP with JSON, as collectors take it. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  /** As the protocol numbers them: 2 is a server, 3 a client. */
  readonly kind: number;
  readonly durationMs: number;
  readonly facts: Readonly<Record<string, unknown>>;
  /** Of the process that made it. */
  readonly resource: Readonly<Record<string, unknown>>;
  readonly failed: boolean;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number };
}

interface OtlpRequest {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: ReadonlyArray<{ readonly spans: readonly OtlpSpan[] }>;
  }>;
}

export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  /** What requests are answered with; 0 leaves them without an answer. */
  status = 200;
  readonly #happened = new EventEmitter();
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  /** @param port 0 takes a free one */
  static async start(port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1/traces`;
  }

  /** Resolves with the spans once they are `enough`. */
  async until(enough: (spans: readonly ReceivedSpan[]) => boolean): Promise<readonly ReceivedSpan[]> {
    while (!enough(this.spans)) await once(this.#happened, 'request');
    return this.spans;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.headers.push(request.headers);
    const body = (await json(request)) as OtlpRequest;
    if (this.status === 0) return;
    if (this.status === 200) this.spans.push(...spansOf(body));
    response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
    this.#happened.emit('request');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}

function spansOf({ resourceSpans }: OtlpRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => received(span, factsOf(resource.attributes)))),
  );
}

function received(span: OtlpSpan, resource: ReceivedSpan['resource']): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', name, kind, attributes, status } = span;
  const durationMs = Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6;
  const failed = status.code === 2;
  return { traceId, spanId, parentSpanId, name, kind, durationMs, facts: factsOf(attributes), resource, failed };
}

/** Each value is wrapped in an object that names its type; whole numbers come as numbers or as text. */
function factsOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      'intValue' in value ? Number(value['intValue']) : Object.values(value)[0],
    ]),
  );
}
