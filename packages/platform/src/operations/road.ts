import { asReeveError, errorClasses, type Clock, type Operation, type ReeveError } from '@reeve/kernel';
import type { Database } from '../database/port.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from '../metrics/index.ts';
import { createAdmission, type Admissible, type Admission } from './admission.ts';
import { Consent } from './approvals/consent.ts';
import type { BoundOperation, Caller } from './call.ts';
import { compileOperation, type CompiledOperation } from './compiled.ts';
import { withinDeadline } from './deadline.ts';
import { RequestCancelled } from '../api/errors.ts';
import { AnswersUnderway } from './idempotency.ts';
import { createRoadMetrics, type RoadMetrics } from './metrics.ts';
import { Passage } from './passage.ts';
import { periodically } from './periodic.ts';
import { pruneExpiredAnswers } from './prune-answers.ts';
import { RateLimiter, type RateLimits } from './rate-limiter.ts';
import { kindOf, outcomeOf, RefusalJournal, recordRefusal } from './refusal-journal.ts';
import type { RoadAnswer, RoadRequest } from './request.ts';
import { carryOut, keeperFor, type WayComponents } from './way.ts';
import { defaultRoadSettings, type RoadSettings } from './settings.ts';
import { validate } from './validate.ts';

const pruneEveryMs = 10 * 60_000;

export interface RoadComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly limits: RateLimits;
  readonly settings?: Partial<RoadSettings>;
}

/**
 * The one way on which everything happens: rate limit, authorise, validate, for consequential acts plan, guards and
 * approval, run, verify and if need be roll back, audit.
 */
export interface Road extends AsyncDisposable {
  /** The first half, before anything of the body is read: within the rate, known, permitted; answers who it is. */
  readonly admit: Admission;
  /** The second half, for whom `admit` let in. Rejects with a ReeveError, whatever went wrong. */
  carry(bound: BoundOperation, rawInput: unknown, caller: Caller, request: RoadRequest): Promise<RoadAnswer>;
  /** Makes an operation ready; done at its first passage otherwise. @throws Error for one that contradicts itself. */
  prepare(bound: BoundOperation): void;
  /** Leaves a record of something refused outside of the road, such as a body that could not be read. */
  refused(what: Admissible, caller: Caller, correlationId: string, error: ReeveError): void;
  /** Both halves. */
  invoke(bound: BoundOperation, rawInput: unknown, request: RoadRequest): Promise<RoadAnswer>;
  readonly refusals: RefusalJournal;
}

export function createRoad(components: RoadComponents): Road {
  const { database, clock, log } = components;
  const settings = { ...defaultRoadSettings, ...components.settings };
  const metrics = createRoadMetrics(components.metrics);
  const refusals = new RefusalJournal({ database, clock, log, metrics });
  const admit = createAdmission({ limiter: new RateLimiter(components.limits, clock), refusals, metrics });
  const way: WayComponents = {
    database,
    log,
    idempotency: { database, clock, keptMs: settings.idempotencyKeptMs },
    underway: new AnswersUnderway(),
    consent: new Consent({ database, clock, settings: settings.approvals }),
    checkOutputs: settings.checkOutputs,
  };
  const stopPruning = periodically('prune answers', pruneEveryMs, log, (signal) =>
    pruneExpiredAnswers(database, clock, signal),
  );
  const compiled = compiler(metrics);
  const timeoutMs = settings.operationTimeoutMs;
  const carry = createCarry({ way, clock, refusals, timeoutMs, compiled });
  return {
    admit,
    carry,
    refusals,
    prepare: (bound) => void compiled(bound),
    refused: (what, caller, correlationId, error) => recordRefusal(refusals, what, caller, correlationId, error),
    invoke: async (bound, rawInput, request) => carry(bound, rawInput, admit(bound.operation, request), request),
    async [Symbol.asyncDispose]() {
      await stopPruning();
      await refusals.flush();
    },
  };
}

interface CarryComponents {
  readonly way: WayComponents;
  readonly clock: Clock;
  readonly refusals: RefusalJournal;
  readonly timeoutMs: number;
  readonly compiled: (bound: BoundOperation) => CompiledOperation;
}

/** Each operation is compiled once, however often it is asked for. */
function compiler(metrics: RoadMetrics): (bound: BoundOperation) => CompiledOperation {
  const known = new WeakMap<BoundOperation, CompiledOperation>();
  return (bound) => {
    let compiled = known.get(bound);
    if (!compiled) known.set(bound, (compiled = compileOperation(bound, metrics)));
    return compiled;
  };
}

function createCarry(components: CarryComponents): Road['carry'] {
  const { way, clock, refusals, timeoutMs, compiled } = components;

  return async (bound, rawInput, caller, request) => {
    const operation = compiled(bound);
    const startedMs = clock.monotonicMs();
    let passage: Passage | undefined;
    way.log.debug({ operation: operation.operation.name, correlationId: request.correlationId }, 'operation started');
    try {
      const keeper = keeperFor(way, operation, rawInput, caller, request);
      passage = new Passage(way, operation.operation, caller, request, keeper);
      const input = validate(operation.input, rawInput, operation.operation.name);
      const work = carryOut(way, { operation, input, passage, keeper, dryRun: request.dryRun === true });
      const answer = await withinDeadline(work, passage, timeoutMs);
      ended(operation, request, answer.outcome, startedMs);
      return answer;
    } catch (thrown) {
      const error = roadError(thrown, request);
      passage ??= new Passage(way, operation.operation, caller, request, undefined);
      if (operation.audited && !passage.audited) auditRefusal(refusals, passage, error);
      ended(operation, request, error, startedMs);
      throw error;
    }
  };

  function ended(operation: CompiledOperation, request: RoadRequest, how: string | ReeveError, startedMs: number) {
    const durationMs = clock.monotonicMs() - startedMs;
    const outcome = typeof how === 'string' ? how : how.code;
    operation.metrics.ended(outcome, durationMs);
    logEnd(way.log, operation.operation, request, how, durationMs);
  }
}

/** A handler that gives up because its caller left says so with whatever its signal carried. */
function roadError(thrown: unknown, request: RoadRequest): ReeveError {
  if (request.signal.aborted && (thrown === request.signal.reason || isAbort(thrown)))
    return RequestCancelled.error('the caller went away before the end', { cause: thrown });
  return asReeveError(thrown);
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError';
}

function auditRefusal(refusals: RefusalJournal, passage: Passage, error: ReeveError): void {
  const draft = passage.auditDraft(outcomeOf(error), { details: { code: error.code } });
  refusals.record(draft, kindOf(passage.caller, passage.operation, error), true);
}

function logEnd(log: Logger, operation: Operation, request: RoadRequest, how: string | ReeveError, durationMs: number) {
  const facts = { operation: operation.name, correlationId: request.correlationId, durationMs };
  if (typeof how === 'string') return log.info({ ...facts, outcome: how }, 'operation ended');
  const { logLevel } = errorClasses[how.kind.class];
  // A failure is logged with its cause and stack; what was refused on purpose with its message.
  const why = how.status >= 500 ? { error: how.cause ?? how } : { reason: how.message };
  log[logLevel]({ ...facts, outcome: how.code, ...why }, 'operation ended');
}
