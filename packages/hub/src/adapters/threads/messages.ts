import type { MessagePort } from 'node:worker_threads';
import type { JsonValue } from '@reeve/kernel';
import type { Capability } from '../../api/agent.ts';
import type { HandlerLog, LeaseFacts } from '../../api/define-handler.ts';

/** One attempt, as it is handed to a thread. What is said about it goes over its own port. */
export interface ThreadAttempt {
  readonly lease: LeaseFacts;
  readonly input: unknown;
  readonly port: MessagePort;
}

/** An error on its way between threads, which classes do not survive. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
  readonly retryable?: boolean;
  readonly details?: JsonValue;
}

/** What a module can do, as a thread found it. */
export type Described = { readonly capabilities: readonly Capability[] } | { readonly failure: Failure };

/** From the thread. `ended` is the last, so that everything the attempt said has come before it. */
export type ThreadMessage =
  | { readonly type: 'emit'; readonly id: number; readonly chunk: string }
  | { readonly type: 'progress'; readonly value: unknown }
  | { readonly type: 'log'; readonly level: keyof HandlerLog; readonly facts: object; readonly message: string }
  | { readonly type: 'ended'; readonly output: unknown }
  | { readonly type: 'ended'; readonly failure: Failure };

/** To the thread. */
export type PoolMessage =
  | { readonly type: 'emitted'; readonly id: number; readonly refused?: string }
  | { readonly type: 'abort'; readonly reason: string };
