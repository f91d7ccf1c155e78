import type { IncomingMessage, ServerResponse } from 'node:http';
import { uuidv7, type Span } from '@reeve/kernel';
import type { Caller, HeaderSink, RoadRequest } from '../operations/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What the kit knows of the request: who, from where, under which correlation id, and until when. */
    visit: Visit;
  }
}

const tokenPattern = /^[\x21-\x7e]{1,128}$/;

/** The caller's correlation id if it has the form of one, otherwise a new one. */
export function correlationIdOf(message: IncomingMessage): string {
  const sent = message.headers['x-correlation-id'];
  return typeof sent === 'string' && tokenPattern.test(sent) ? sent : uuidv7();
}

/** The address by which callers without identity are told apart. */
export function addressOf(message: IncomingMessage, trustProxy: boolean): string {
  const forwarded = trustProxy ? message.headers['x-forwarded-for'] : undefined;
  const last = typeof forwarded === 'string' ? forwarded.slice(forwarded.lastIndexOf(',') + 1).trim() : '';
  return last === '' ? (message.socket.remoteAddress ?? 'unknown') : last;
}

/** One HTTP request as the road sees it. */
export class Visit implements RoadRequest {
  readonly caller: Caller | undefined;
  readonly credentialSent: boolean;
  readonly address: string;
  readonly correlationId: string;
  readonly span: Span | undefined;
  readonly headers: HeaderSink;
  /** Aborted when the server begins to stop: a stream says goodbye then. */
  readonly draining: AbortSignal;
  idempotencyKey: string | undefined;
  dryRun: boolean | undefined;
  /** Who came in: the caller, or for public routes perhaps someone anonymous. Set by admission. */
  admitted: Caller | undefined;
  /** The road took it, and notes how it ends. */
  carried = false;
  readonly #response: ServerResponse;
  #abort: AbortController | undefined;

  constructor(facts: VisitFacts, response: ServerResponse, headers: HeaderSink) {
    this.caller = facts.caller;
    this.credentialSent = facts.credentialSent;
    this.address = facts.address;
    this.correlationId = facts.correlationId;
    this.span = facts.span;
    this.draining = facts.draining;
    this.headers = headers;
    this.#response = response;
  }

  /** Aborted when the connection closes before the answer has ended. Made when it is first asked for. */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#response.closed) this.closed();
    }
    return this.#abort.signal;
  }

  /** The connection is done with this request, well or not. */
  closed(): void {
    if (!this.#response.writableFinished) this.#abort?.abort(new Error('the caller went away'));
  }
}

export interface VisitFacts {
  readonly caller: Caller | undefined;
  readonly credentialSent: boolean;
  readonly address: string;
  readonly correlationId: string;
  readonly span: Span | undefined;
  readonly draining: AbortSignal;
}
