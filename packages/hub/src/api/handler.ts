import type { BlobReference } from './blob.ts';

/**
 * What a task handler may use while it works on one attempt. The agent kit makes one per lease; adapters, market
 * nodes and users' own agents are all written against it.
 */
export interface TaskContext {
  readonly taskId: string;
  /** From 1; a handler may run more than once for one task. */
  readonly attempt: number;
  /** Grows with every lease ever given; only the result under the newest fence of a task is accepted. */
  readonly fence: number;
  /** The capability the task asked for, such as `llm.chat:mini`. */
  readonly capability: string;
  /** To hand on to whatever the handler calls, by W3C Trace Context; only where the task is traced. */
  readonly traceparent?: string | undefined;
  /** Aborts when the task is cancelled, its lease is lost or its time-out is over: stop at once, the result is void. */
  readonly signal: AbortSignal;
  /**
   * Sends one chunk of the output to whoever follows the task, in order. Resolves when flow control lets the next
   * chunk go: a handler that awaits it runs no faster than its reader. Rejects when the lease is lost.
   */
  emit(chunk: string): Promise<void>;
  /**
   * Gets a content that the input refers to as `{ "$blob": digest }`, whole and checked against its digest.
   * @throws when the lease is lost, or the input does not refer to it.
   */
  blob(reference: BlobReference): Promise<Uint8Array>;
  /** Reports how far the attempt is; only the newest value is kept. Never waits. */
  progress(value: unknown): void;
}

/**
 * Works on one attempt of a task. What it returns (any value JSON can carry) becomes the task's output; what it throws
 * becomes its error, tried again only if the error says that this can help.
 */
export type Handler = (input: unknown, context: TaskContext) => Promise<unknown>;
