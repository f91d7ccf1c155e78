import type { Event } from '@reeve/hub/api';
import { type Operation, type OutputOf, type RawInputOf, uuidv7 } from '@reeve/kernel';
import { Planned } from '@reeve/platform/api';
import type { z } from 'zod';
import { AnswerNotUnderstood } from './errors.ts';
import { exchange, exchangeTimeoutMs } from './http/exchange.ts';
import { followEvents, type FollowOptions } from './http/follow-events.ts';
import { type ChatChunk, type ChatRequest, streamChat, type StreamChatOptions } from './http/stream-chat.ts';
import { toWireRequest } from './http/request.ts';
import { createTransport, type Transport, type TransportOptions } from './http/transport.ts';
import { type KnownOperation, operations } from './operations.ts';
import { type StreamMethods, streamMethods } from './streams.ts';

export type ClientOptions = TransportOptions;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Time-out of each try; 30 s when not given, plus what the input asks the hub to wait. */
  readonly timeoutMs?: number;
  /** Makes a write safe to repeat; made up when not given. With `false` none is sent, and no lost answer is retried. */
  readonly idempotencyKey?: string | false;
  /** Only shows what a consequential operation would do; the answer is the plan, not the operation's output. */
  readonly dryRun?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

type Named<Name extends KnownOperation['name']> = Extract<KnownOperation, { name: Name }>;
type DomainOf<Name extends string> = Name extends `${infer Domain}.${string}` ? Domain : never;
type DryRun = CallOptions & { readonly dryRun: true };

/** A consequential operation called with `dryRun` answers with its plan. */
interface Method<Op extends Operation> {
  (...args: [...InputArgument<RawInputOf<Op>>, options: DryRun]): Promise<z.output<typeof Planned>>;
  (...args: [...InputArgument<RawInputOf<Op>>, options?: CallOptions]): Promise<OutputOf<Op>>;
}
/** The input may be left out where nothing in it is needed. */
type InputArgument<Input> = {} extends Input ? [input?: Input] : [input: Input];

/** One method for each operation, such as `client.tasks.create(input, options)`, typed from its definition. */
export type OperationMethods = {
  readonly [Domain in DomainOf<KnownOperation['name']>]: {
    readonly [Name in KnownOperation['name'] as Name extends `${Domain}.${infer Verb}` ? Verb : never]: Method<
      Named<Name>
    >;
  };
};

interface Page {
  readonly items: readonly unknown[];
  readonly nextCursor?: string | undefined;
}
type ItemOf<Op> = OutputOf<Op> extends { items: ReadonlyArray<infer Item> } ? Item : never;

export interface ClientMethods {
  /** Carries out any operation and gives the answer as the hub wrote it, parsed as JSON but not checked. */
  invoke(operation: Operation, input: object, options?: CallOptions): Promise<unknown>;
  /** The event log as it grows; see `followEvents`. */
  follow(options?: FollowOptions): AsyncGenerator<Event>;
  /** The chunks of a model's answer as they come; see `streamChat`. */
  streamChat(request: ChatRequest, options?: StreamChatOptions): AsyncGenerator<ChatChunk>;
  /** All items of a list with pages, fetched as they are needed. */
  paginate<Op extends KnownOperation>(
    operation: Op,
    input?: Omit<RawInputOf<Op>, 'cursor'>,
    options?: CallOptions,
  ): AsyncGenerator<ItemOf<Op>>;
}

export type Client = OperationMethods & StreamMethods & ClientMethods;

/**
 * A client with one method for each operation. Everything it throws is a `RemoteError` (what the hub answered) or a
 * `ReeveError` (no answer); both say by `code` what happened and by `retryable` whether another try can help.
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);
  const invoke: ClientMethods['invoke'] = (operation, input, call) => invokeOver(transport, operation, input, call);
  const methods: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (methods[operation.domain] ??= {})[operation.verb] = async (input: object = {}, call: CallOptions = {}) => {
      const answer = await invoke(operation, input, call);
      return checkAnswer(operation.name, call.dryRun ? Planned : operation.output, answer);
    };
  }
  for (const [domain, streams] of Object.entries(streamMethods(transport)))
    methods[domain] = { ...methods[domain], ...(streams as Record<string, unknown>) };
  return {
    ...(methods as unknown as OperationMethods & StreamMethods),
    invoke,
    streamChat: (request, chat) => streamChat(transport, request, chat),
    follow: (follow) => followEvents(transport, follow),
    paginate: (operation, input, call) => pagesOf(invoke, operation, input ?? {}, call) as never,
  };
}

async function invokeOver(transport: Transport, operation: Operation, input: object, call: CallOptions = {}) {
  const request = toWireRequest(operation.http, input, call.dryRun ? { dryRun: 'true' } : {});
  const isWrite = operation.effect !== 'read';
  const key = call.idempotencyKey ?? uuidv7();
  const keyHeader = isWrite && key !== false ? { 'idempotency-key': key } : undefined;
  const text = await exchange(transport, request, {
    headers: { ...keyHeader, ...call.headers },
    signal: call.signal,
    timeoutMs: call.timeoutMs ?? exchangeTimeoutMs + hubWaitMs(input),
    repeatable: !isWrite || keyHeader !== undefined,
  });
  return parseAnswer(operation, text);
}

/** What the input asks the hub to wait before it answers. */
function hubWaitMs(input: { waitMs?: unknown }): number {
  return typeof input.waitMs === 'number' ? input.waitMs : 0;
}

function parseAnswer(operation: Operation, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw AnswerNotUnderstood.error(`the answer to ${operation.name} is not JSON`, { cause });
  }
}

function checkAnswer(name: string, schema: z.ZodType, answer: unknown): unknown {
  const checked = schema.safeParse(answer);
  if (checked.success) return checked.data;
  const { path, message } = checked.error.issues[0]!;
  throw AnswerNotUnderstood.error(`the answer to ${name} is not as defined: ${path.join('.')}: ${message}`);
}

async function* pagesOf(invoke: ClientMethods['invoke'], operation: Operation, input: object, call?: CallOptions) {
  let cursor: string | undefined;
  do {
    const answer = await invoke(operation, { ...input, cursor }, call);
    const page = checkAnswer(operation.name, operation.output, answer) as Page;
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
