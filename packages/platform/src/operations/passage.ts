import { Internal, permits, type JsonValue, type Operation, type Permission, type Span } from '@reeve/kernel';
import type { AuditDraft, Database, StatementResult, Unit } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';
import type { Call, Caller } from './call.ts';
import { OperationTimeout } from '../api/errors.ts';
import type { AnswerKeeper } from './idempotency.ts';
import type { RoadRequest } from './request.ts';

export interface AuditNote {
  readonly target?: string;
  readonly details?: { readonly [fact: string]: JsonValue };
}

export interface PassageComponents {
  readonly database: Database;
  readonly log: Logger;
}

/** How far the effect of a passage got: what a time-out has to tell. */
export type CommitState = 'notStarted' | 'inFlight' | 'done';

/**
 * One passage of a request along the road. Signal and logger are made only when a handler asks for them: most never
 * do, and both cost more than everything else here.
 */
export class Passage implements Call {
  readonly operation: Operation;
  readonly caller: Caller;
  readonly correlationId: string;
  readonly span: Span | undefined;
  commitState: CommitState = 'notStarted';
  /** The audit log has the end of this passage already. */
  audited = false;
  /** Facts that go into the audit record of the effect, such as the digest and the approval. */
  auditFacts: { [fact: string]: JsonValue } | undefined;
  readonly #components: PassageComponents;
  readonly #request: RoadRequest;
  readonly #keeper: AnswerKeeper | undefined;
  readonly #committedAs: AuditDraft['outcome'];
  #log: Logger | undefined;
  #abort: AbortController | undefined;
  #expired = false;

  constructor(
    components: PassageComponents,
    operation: Operation,
    caller: Caller,
    request: RoadRequest,
    keeper: AnswerKeeper | undefined,
    committedAs: AuditDraft['outcome'] = 'done',
  ) {
    this.#committedAs = committedAs;
    this.#components = components;
    this.operation = operation;
    this.caller = caller;
    this.correlationId = request.correlationId;
    this.span = request.span;
    this.#request = request;
    this.#keeper = keeper;
  }

  get log(): Logger {
    this.#log ??= this.#components.log.child({ operation: this.operation.name, correlationId: this.correlationId });
    return this.#log;
  }

  get signal(): AbortSignal {
    if (this.#abort) return this.#abort.signal;
    const abort = (this.#abort = new AbortController());
    const { signal } = this.#request;
    if (this.#expired) abort.abort(this.timeout());
    else if (signal.aborted) abort.abort(signal.reason);
    else signal.addEventListener('abort', () => abort.abort(signal.reason), { once: true });
    return abort.signal;
  }

  may(permission: Permission): boolean {
    return permits(this.caller.permissions, permission);
  }

  /** @throws OperationTimeout when the time is up: what was reported as not stored must not be stored afterwards. */
  async commit(unit: Unit, answer: unknown, note?: AuditNote): Promise<readonly StatementResult[]> {
    this.assertInTime();
    if (this.commitState !== 'notStarted')
      throw Internal.error(`${this.operation.name} committed twice; a unit of work holds all of an effect`);
    this.commitState = 'inFlight';
    try {
      const results = await this.#commit(unit, answer, note);
      this.commitState = 'done';
      return results;
    } catch (error) {
      this.commitState = 'notStarted';
      throw error;
    }
  }

  /** The passage of the way back: it commits once more, is recorded as a rollback, and has no end to its time. */
  forRollback(): Passage {
    return new Passage(this.#components, this.operation, this.caller, this.#request, undefined, 'rolledBack');
  }

  /** Ends the time of this passage and tells the handler. */
  expire(): void {
    this.#expired = true;
    this.#abort?.abort(this.timeout());
  }

  /** @throws OperationTimeout */
  assertInTime(): void {
    if (this.#expired) throw this.timeout();
  }

  timeout() {
    return OperationTimeout.error(`${this.operation.name} did not end in time`, {
      details: { commit: this.commitState },
    });
  }

  auditDraft(outcome: AuditDraft['outcome'], note: AuditNote = {}): AuditDraft {
    return {
      actor: this.caller.identity,
      tenant: this.caller.tenant,
      operation: this.operation.name,
      outcome,
      target: note.target ?? null,
      correlationId: this.correlationId,
      details: { ...this.auditFacts, ...note.details },
    };
  }

  async #commit(unit: Unit, answer: unknown, note: AuditNote | undefined): Promise<readonly StatementResult[]> {
    const draft = this.auditDraft(this.#committedAs, note);
    const audit = unit.audit ? [...unit.audit, draft] : [draft];
    const { span } = this;
    if (!this.#keeper) return this.#components.database.commit({ ...unit, audit, span });
    return this.#keeper.commit({ ...unit, audit, span }, answer);
  }
}
