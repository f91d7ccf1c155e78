import type { Guard, InputOf, JsonValue, Operation, OutputOf, Permission, Plan, ReeveError, Span } from '@reeve/kernel';
import type { StatementResult, Unit } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';

/** Who calls: an API key or a person who has logged in, their tenant and what they may do. */
export interface Caller {
  /** Stable name for audit and limits: `key:<id>`, `user:<id>`, `system:<part>`, or `anonymous:<address>`. */
  readonly identity: string;
  readonly tenant: string;
  readonly permissions: readonly string[];
  /** Set for people: their login, and whether they have shown a code of their authenticator lately. */
  readonly person?: { readonly sessionId: string; readonly steppedUp: boolean };
}

/** One passage of a request along the road, as a handler sees it. */
export interface Call {
  readonly caller: Caller;
  readonly correlationId: string;
  /** Of the request, where that is traced. */
  readonly span?: Span | undefined;
  /** Aborted when the caller goes away or the operation's time is up. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Whether the caller has a further permission than the one the operation needs. */
  may(permission: Permission): boolean;
  /**
   * Commits the effect. The road adds the audit record and, for a request with an idempotency key, the record of the
   * answer, so that effect, audit and answer become durable together. Call it at most once, with the answer as JSON can
   * carry it; it is what a repeated request gets, so a secret that is shown once is left out of it.
   */
  commit(
    unit: Unit,
    answer: unknown,
    audit?: { target?: string; details?: { [fact: string]: JsonValue } },
  ): Promise<readonly StatementResult[]>;
}

export type Handler<Op extends Operation> = (input: InputOf<Op>, call: Call) => Promise<OutputOf<Op>>;

/** What was looked at after a run, and whether it shows what was planned. */
export interface Verification {
  readonly ok: boolean;
  readonly checked: string;
  readonly evidence: { readonly [fact: string]: JsonValue };
}

/** The way of a consequential operation: nothing is skipped. */
export interface ConsequentialHandler<Op extends Operation> {
  /** Finds the effects without causing any. */
  plan(input: InputOf<Op>, call: Call): Promise<Plan>;
  readonly guards: readonly Guard<{ readonly input: InputOf<Op>; readonly plan: Plan; readonly call: Call }>[];
  run(input: InputOf<Op>, call: Call, plan: Plan): Promise<OutputOf<Op>>;
  /** Looks, after the run, whether the effect is there. */
  verify(output: OutputOf<Op>, input: InputOf<Op>, call: Call): Promise<Verification>;
  /** The way back after a failed verification, where there is one. */
  rollback?(output: OutputOf<Op>, input: InputOf<Op>, call: Call): Promise<void>;
}

/** An operation with what carries it out. Modules export lists of these; the server mounts them. */
export interface BoundOperation {
  readonly operation: Operation;
  readonly handler: Handler<Operation> | ConsequentialHandler<Operation>;
  /** The form of error answers, when it is not that of RFC 9457. */
  readonly errorBody?: ErrorBodyWriter;
}

/** The body of an error answer. */
export interface ErrorBody {
  readonly contentType: string;
  readonly body: string;
}

export type ErrorBodyWriter = (error: ReeveError, correlationId: string) => ErrorBody;

/** Binds a definition to its handler; the types of both must agree. */
export function bind<Op extends Operation>(
  operation: Op,
  handler: Op['effect'] extends 'consequential' ? ConsequentialHandler<Op> : Handler<Op> | ConsequentialHandler<Op>,
): BoundOperation {
  return { operation, handler: handler as unknown as Handler<Operation> };
}
