import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OperationEffect, Permission, StreamOperation } from '@reeve/kernel';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Caller, ErrorBodyWriter } from '../operations/index.ts';

/** What the document of the API says of a route that is no operation. */
export interface RouteDescription {
  readonly summary: string;
  readonly description?: string;
  /** An object of what the query may have. */
  readonly query?: z.ZodType;
  /** Of a JSON body. */
  readonly body?: z.ZodType;
  /** What it answers with, by media type. */
  readonly answers: Readonly<Record<string, z.ZodType>>;
}

/** A route that is no operation: a stream, a gateway in another system's dialect, a page. */
export interface RawRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with parameters as `{id}`. */
  readonly path: string;
  /** Name in limits, audit records and log, such as `events.stream`. */
  readonly name: string;
  /** `open` is for probes: neither limited nor authenticated. */
  readonly access: Permission | 'public' | 'open';
  /** `read` when not given and the method is GET, `write` otherwise; decides how a missing permission shows. */
  readonly effect?: OperationEffect;
  /** `json` when not given. With `stream` the body is `request.raw`, unread, of any content type. */
  readonly body?: 'json' | 'stream';
  /** Largest JSON body; the server's default when not given. A stream counts for itself. */
  readonly bodyLimitBytes?: number;
  /** The form of error answers, when it is not that of RFC 9457. */
  readonly errorBody?: ErrorBodyWriter;
  /** The streaming operation that it carries out, if it is one: then it is documented. */
  readonly stream?: StreamOperation;
  /** For the document, where it is no streaming operation. */
  readonly about?: RouteDescription;
  /**
   * Answers. `request.visit` has the correlation id, the signal, and `draining`, at which a stream has to end. Whoever
   * takes the answer into its own hands calls `reply.hijack()` first; what is thrown after that ends the connection.
   */
  handle(request: FastifyRequest, reply: FastifyReply, caller: Caller): unknown;
}

/** A path that speaks another protocol after an upgrade, such as WebSocket. */
export interface UpgradeRoute {
  readonly path: string;
  readonly name: string;
  readonly access: Permission;
  /** For the document, where no route of this path speaks HTTP. */
  readonly about?: Omit<RouteDescription, 'answers'>;
  /**
   * Takes over the socket of a caller who may. It answers the handshake; a subprotocol that carried a key has been
   * taken out of the headers. `facts.draining` is aborted when the server stops: say goodbye then.
   */
  handle(message: IncomingMessage, socket: Duplex, head: Buffer, caller: Caller, facts: UpgradeFacts): void;
}

export interface UpgradeFacts {
  readonly correlationId: string;
  readonly draining: AbortSignal;
}
