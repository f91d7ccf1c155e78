import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { asReeveError, type JsonValue, type Span, type StreamOperation } from '@reeve/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { AuditDraft } from '../database/port.ts';
import { RequestCancelled, type Caller } from '../operations/index.ts';
import { strictAtTop, validate } from '../operations/validate.ts';
import { drained } from './drained.ts';
import { inputReaderFor, type InputParts } from './input.ts';
import { jsonLines, type TakenLine } from './json-lines.ts';
import type { RawRoute } from './route.ts';

/** An empty line this often keeps proxies from closing a quiet stream; readers of NDJSON pass over it. */
const keepAliveMs = 15_000;

/** One passage of a streaming request, as its handler sees it. */
export interface StreamCall<Line> {
  readonly caller: Caller;
  /** Of the request, where that is traced. */
  readonly span: Span | undefined;
  /** Aborted when the caller goes away or the server begins to stop. */
  readonly signal: AbortSignal;
  /** The request as bytes. Whoever stops early leaves the rest unread; the connection survives that. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Length of the request as its sender says it. */
  readonly announcedBytes: number | undefined;
  /** The request as lines, each checked against what the operation takes, as they come. */
  lines(lineLimitBytes: number): AsyncGenerator<Array<TakenLine<Line>>>;
  /** The record of an effect, to commit with it. */
  audit(note: { readonly target?: string; readonly details?: { [fact: string]: JsonValue } }): AuditDraft;
}

type LineOf<Taken> = Taken extends { readonly lines: infer Line extends z.ZodType } ? z.output<Line> : never;

/** What a handler answers with; lines come in batches, each written as one piece and no faster than they are read. */
type Given<Gives> = Gives extends { readonly lines: infer Line extends z.ZodType }
  ? AsyncIterable<ReadonlyArray<z.input<Line>>>
  : Gives extends { readonly value: infer Value extends z.ZodType }
    ? Promise<z.input<Value>>
    : Promise<ByteAnswer>;

export interface ByteAnswer {
  readonly sizeBytes: number;
  readonly bytes: Readable;
}

export type StreamHandler<Op extends StreamOperation> = (
  input: z.output<Op['input']>,
  call: StreamCall<LineOf<Op['takes']>>,
) => Given<Op['gives']>;

/**
 * The route of a streaming operation. What goes wrong before the first batch is answered as any error; from then on the
 * stream has to say it itself, and what is thrown cuts the connection, so that nobody takes a part for the whole.
 */
export function streamRoute<Op extends StreamOperation>(operation: Op, handler: StreamHandler<Op>): RawRoute {
  const readInput = inputReaderFor(operation);
  const schema = strictAtTop(operation.input);
  return {
    ...operation.http,
    name: operation.name,
    access: operation.access,
    effect: operation.effect,
    body: operation.takes ? 'stream' : 'json',
    stream: operation,
    async handle(request, reply, caller) {
      const { params, query } = request as InputParts;
      const raw = readInput({ params, query, body: undefined });
      const input = validate(schema, raw, operation.name) as z.output<Op['input']>;
      const call = streamCall(operation, request, caller);
      const given = handler(input, call as StreamCall<LineOf<Op['takes']>>);
      if (operation.gives === 'bytes') return sendBytes(reply, await (given as Promise<ByteAnswer>));
      if ('value' in operation.gives) return given;
      await sendLines(reply, given as AsyncIterable<readonly unknown[]>, call.signal);
    },
  };
}

function streamCall(operation: StreamOperation, request: FastifyRequest, caller: Caller): StreamCall<unknown> {
  const { visit } = request;
  const signal = AbortSignal.any([visit.signal, visit.draining]);
  const body = { [Symbol.asyncIterator]: () => bytesOf(request) };
  const announced = Number(request.headers['content-length']);
  return {
    caller,
    span: visit.span,
    signal,
    body,
    announcedBytes: Number.isFinite(announced) ? announced : undefined,
    lines: (limitBytes) => checkedLines(operation, jsonLines(body, limitBytes)),
    audit: ({ target, details = {} }) => ({
      actor: caller.identity,
      tenant: caller.tenant,
      operation: operation.name,
      outcome: 'done',
      target: target ?? null,
      correlationId: visit.correlationId,
      details,
    }),
  };
}

/** The body; that its sender went away is no defect of ours. */
async function* bytesOf({ raw }: FastifyRequest): AsyncGenerator<Uint8Array> {
  try {
    yield* raw.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Uint8Array>;
  } catch (cause) {
    throw RequestCancelled.error('the request broke off before its end', { cause });
  }
}

async function* checkedLines(
  { name, takes }: StreamOperation,
  batches: AsyncGenerator<TakenLine[]>,
): AsyncGenerator<TakenLine[]> {
  if (takes === undefined || takes === 'bytes') throw new Error(`${name} takes no lines`);
  const schema = strictAtTop(takes.lines);
  for await (const batch of batches) yield batch.map((line) => checked(line, schema, name));
}

function checked(line: TakenLine, schema: z.ZodType, name: string): TakenLine {
  if ('error' in line) return line;
  try {
    return { number: line.number, value: validate(schema, line.value, name) };
  } catch (error) {
    return { number: line.number, error: asReeveError(error) };
  }
}

function sendBytes(reply: FastifyReply, { sizeBytes, bytes }: ByteAnswer): unknown {
  reply.header('content-type', 'application/octet-stream').header('content-length', sizeBytes);
  return reply.send(bytes);
}

async function sendLines(
  reply: FastifyReply,
  given: AsyncIterable<readonly unknown[]>,
  signal: AbortSignal,
): Promise<void> {
  const batches = given[Symbol.asyncIterator]();
  let next = await batches.next();
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': 'application/x-ndjson; charset=utf-8',
  });
  const keepAlive = setInterval(() => raw.write('\n'), keepAliveMs);
  try {
    for (; !next.done && !raw.closed; next = await batches.next()) {
      if (next.value.length === 0) raw.flushHeaders();
      else if (!raw.write(textOf(next.value))) await drained(raw, signal);
    }
    raw.end();
  } finally {
    clearInterval(keepAlive);
    await batches.return?.();
  }
}

function textOf(lines: readonly unknown[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
