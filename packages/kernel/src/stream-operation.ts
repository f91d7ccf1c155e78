import type { z } from 'zod';
import type { ErrorKind } from './errors.ts';
import type { HttpBinding, OperationEffect, Permission } from './operation.ts';

/** What flows: values, one JSON text on each line (NDJSON), or bytes as they are. */
export type Flow<Line extends z.ZodType = z.ZodType> = { readonly lines: Line } | 'bytes';

export interface StreamSpec<Name extends string, In extends z.ZodObject> {
  /** `domain.verb`, as of any operation; also its command and client method. */
  readonly name: Name;
  readonly summary: string;
  readonly description?: string;
  readonly access: Permission;
  /** A stream that changes nothing may still be a POST: what it takes is then a question. */
  readonly effect: Exclude<OperationEffect, 'consequential'>;
  readonly http: Pick<HttpBinding, 'method' | 'path'>;
  /** Path and query; the body is the stream. */
  readonly input: In;
  /** What the request carries; no body when not given. */
  readonly takes?: Flow;
  /** What the answer carries: a stream, or one value once everything was taken. */
  readonly gives: Flow | { readonly value: z.ZodType };
  /** Errors beyond those that any operation may answer with; also those that come in mid-stream. */
  readonly errors?: readonly ErrorKind[];
}

/** An act whose request or answer has no end that could be waited for; everything else is an `Operation`. */
export interface StreamOperation<Name extends string = string, In extends z.ZodObject = z.ZodObject> extends StreamSpec<
  Name,
  In
> {
  readonly domain: string;
  readonly verb: string;
  readonly errors: readonly ErrorKind[];
}

/**
 * Defines a streaming operation.
 * @throws Error for a GET that takes a stream.
 */
export function defineStream<
  const Name extends string,
  In extends z.ZodObject,
  const Spec extends StreamSpec<Name, In>,
>(spec: Spec & StreamSpec<Name, In>): StreamOperation<Name, In> & Spec {
  if (spec.http.method === 'GET' && spec.takes) throw new Error(`${spec.name} takes a stream, so it cannot be a GET`);
  const [domain, verb] = spec.name.split('.') as [string, string];
  return { errors: [], ...spec, domain, verb };
}
