import type { AgentOffer, Handler } from '@reeve/hub/api';
import type { ReeveError } from '@reeve/kernel';
import type { z } from 'zod';
import type { OpenSocket } from '../socket/port.ts';

/** Structured log of the agent kit; the platform's logger and pino fit. */
export interface AgentLog {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/**
 * `connecting`: a connection is being made; `online`: the hub knows the agent; `draining`: it finishes what it has;
 * `waiting`: the connection is lost and the next try is to come; `closed`: it has ended for good.
 */
export type AgentState = 'connecting' | 'online' | 'draining' | 'waiting' | 'closed';

export interface AgentStateFacts {
  readonly agentId?: string;
  /** Why the connection was lost or the agent was refused. */
  readonly reason?: string;
  /** Until the next try, while `waiting`. */
  readonly retryInMs?: number;
}

interface AgentSettings {
  /** Address of the hub, such as `http://127.0.0.1:4400`. */
  readonly url: string;
  /** A key with the permission `agents:connect`. */
  readonly apiKey: string;
  readonly offer: z.input<typeof AgentOffer>;
  /** Gives up while the first connection is being made; a connected agent ends by `stop`. */
  readonly signal?: AbortSignal;
  /** Where warnings and errors go; the console when not given. */
  readonly log?: AgentLog;
  readonly onState?: (state: AgentState, facts: AgentStateFacts) => void;
  /** First and longest wait between connections; doubles from 100 ms to 10 s with jitter when not given. */
  readonly reconnect?: { readonly initialDelayMs?: number; readonly maxDelayMs?: number };
  /** Another way to open a WebSocket, for runtimes that are neither Node nor a browser. */
  readonly socket?: OpenSocket;
}

/** One handler for all capabilities, or one for each that the offer names. */
export type AgentHandlers =
  | { readonly handler: Handler; readonly handlers?: never }
  | { readonly handlers: Readonly<Record<string, Handler>>; readonly handler?: never };

export type AgentOptions = AgentSettings & AgentHandlers;

export interface StopOptions {
  /** Finish running attempts first (the default), instead of giving them back at once. */
  readonly drain?: boolean;
  /** Longest time of draining, 30 s when not given; what still runs then is given back to the hub. */
  readonly drainTimeoutMs?: number;
}

/** How an agent ended. It never ends by itself for a lost connection: it connects again for as long as it lives. */
export type AgentEnd = { readonly kind: 'stopped' } | { readonly kind: 'refused'; readonly error: ReeveError };

export interface AgentConnection extends AsyncDisposable {
  readonly agentId: string;
  readonly state: AgentState;
  /** Attempts whose handlers are at work. */
  readonly running: number;
  /** Resolves when the agent has ended for good and its handlers have settled; never rejects. */
  readonly closed: Promise<AgentEnd>;
  /**
   * Offers something else from now on, under the same name; known to the hub at once, or when it is connected again.
   * @throws ReeveError `invalid_input`.
   */
  changeOffer(offer: Omit<z.input<typeof AgentOffer>, 'name'>): void;
  /** Ends the agent; resolves with `closed`. Idempotent; a later call without drain cuts draining short. */
  stop(options?: StopOptions): Promise<void>;
}
