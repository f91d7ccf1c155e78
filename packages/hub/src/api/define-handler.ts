import type { z } from 'zod';

/** Of the lease an attempt runs under. */
export interface LeaseFacts {
  readonly taskId: string;
  /** From 1; a handler may run more than once for one task. */
  readonly attempt: number;
  /** Grows with every lease ever given: whoever stores effects of the attempt can refuse an older one. */
  readonly fence: number;
  readonly capability: string;
  /** The same for every attempt of the task: given along with an effect elsewhere, it lets the effect happen once. */
  readonly idempotencyToken: string;
}

/** Structured log of a handler; lines carry the task and the attempt. */
export interface HandlerLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** What a handler may use while it works on one attempt. */
export interface HandlerContext {
  readonly lease: LeaseFacts;
  /**
   * Aborts when the attempt is not wanted any more. A handler that never gives the thread back (a tight loop) cannot
   * notice; it is ended with its thread after a grace.
   */
  readonly signal: AbortSignal;
  readonly log: HandlerLog;
  /** Reports how far the attempt is; only the newest value is kept. Never waits. */
  progress(value: unknown): void;
  /** Sends one chunk of the output to whoever follows the task; resolves when the next one may go. */
  emit(chunk: string): Promise<void>;
}

/** A function of plain data that does the tasks of one capability. */
export interface HandlerSpec<In extends z.ZodType, Out extends z.ZodType> {
  readonly capability: string;
  /** From 0 to 1; 1 when not given. */
  readonly proficiency?: number;
  /** Checked before `run`: an input that does not fit fails the task at once. */
  readonly input: In;
  /** Checked after `run`: an output that does not fit is no success. */
  readonly output: Out;
  run(context: HandlerContext, input: z.output<In>): z.input<Out> | Promise<z.input<Out>>;
}

export interface DefinedHandler<
  In extends z.ZodType = z.ZodType,
  Out extends z.ZodType = z.ZodType,
> extends HandlerSpec<In, Out> {
  /** Tells handlers from whatever else a module exports, also between two copies of this package. */
  readonly kind: 'reeve.handler';
}

/**
 * Defines a handler. A module exports one or more of them, and `reeve agents run --module <file>` makes it an agent
 * whose handlers run in threads of their own.
 */
export function defineHandler<In extends z.ZodType, Out extends z.ZodType>(
  spec: HandlerSpec<In, Out>,
): DefinedHandler<In, Out> {
  return { ...spec, kind: 'reeve.handler' };
}
