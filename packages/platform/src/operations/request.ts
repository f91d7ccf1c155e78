import type { Span } from '@reeve/kernel';
import type { Caller } from './call.ts';

/** Where the road writes headers that belong to the answer; Fastify's reply is one. */
export interface HeaderSink {
  header(name: string, value: string | number): unknown;
}

/** One request as a face (HTTP, in-process) hands it to the road. */
export interface RoadRequest {
  /** Who it is; nobody when there was no credential, or none that holds. */
  readonly caller: Caller | undefined;
  /** Whether a credential was sent at all: only for the wording of a refusal. */
  readonly credentialSent: boolean;
  /** Network address, by which callers without identity are limited. */
  readonly address: string;
  readonly correlationId: string;
  /** Where the request is traced. */
  readonly span?: Span | undefined;
  /** Aborted when the caller goes away. May be made when it is first read. */
  readonly signal: AbortSignal;
  readonly idempotencyKey?: string | undefined;
  /** Stop after the guards and answer the plan. Only for operations that have one. */
  readonly dryRun?: boolean | undefined;
  readonly headers?: HeaderSink | undefined;
}

export interface RoadAnswer {
  /** What the operation answers, or for a dry run its plan. */
  readonly output: unknown;
  readonly outcome: 'done' | 'replayed' | 'planned';
}
