import {
  canonicalJson,
  IdempotencyConflict,
  InvalidInput,
  ReeveError,
  TooLarge,
  uuidv7,
  type Clock,
  type Span,
} from '@reeve/kernel';
import { createHash } from 'node:crypto';
import { ExpectationFailed, type Database, type EventDraft, type UnitStatement } from '@reeve/platform';
import type { TaskSubmission } from '../api/task.ts';
import type { HubSettings } from '../components.ts';
import { dueAtMs } from '../domain/ageing.ts';
import type { Follower, LiveTask } from '../domain/live.ts';
import { TaskTrace } from '../domain/task-trace.ts';
import { blobsIn } from '../domain/blob-references.ts';
import { priorities } from '../domain/ageing.ts';
import { UnknownBlob, UnknownCapability } from '../errors.ts';
import { agentsPaused } from './agents-paused.ts';
import type { HubMetrics } from '../metrics.ts';
import { insertTask, insertTaskInput, insertTaskKey } from '../store/insert-task.ts';
import { insertBlobUse, touchBlob } from '../store/blobs.ts';
import { sealedInput, sealedVerify } from '../store/payloads.ts';
import { insertTaskVerifiers } from '../store/task-verifiers.ts';
import type { AgentRoster } from './agent-roster.ts';
import { knownThings, type KnownThings } from './known-things.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { OutputSchemas } from './output-schemas.ts';
import type { Claim, Quotas } from './quotas.ts';
import type { SteadyTime } from './steady-time.ts';
import type { TaskBoard } from './task-board.ts';
import { taskEvent } from './task-event.ts';

export interface SubmissionsParts {
  readonly board: TaskBoard;
  readonly roster: AgentRoster;
  readonly keeper: LeaseKeeper;
  readonly dispatcher: Dispatcher;
  readonly database: Database;
  readonly clock: Clock;
  readonly metrics: HubMetrics;
  readonly steadyTime: SteadyTime;
  readonly quotas: Quotas;
  readonly schemas: OutputSchemas;
  readonly settings: HubSettings;
  /** Highest sequence number in the database at start. */
  readonly newestSeq: number;
}

/** Makes a submission durable; operations add their audit record and the record of the answer. */
export type CommitSubmission = (
  statements: Iterable<UnitStatement>,
  events: Iterable<EventDraft>,
  accepted: { readonly ids: readonly string[]; readonly tasks: readonly LiveTask[] },
) => Promise<void>;

/** A submission made ready: the live task, and what is to be stored with it. */
interface Prepared {
  readonly task: LiveTask;
  readonly submission: TaskSubmission;
  /** JSON text. */
  readonly input: string;
  /** Blobs that the input names; they stay from its commit on. */
  readonly digests: readonly string[];
  /** Of the submission, when it claims an idempotency key. */
  readonly bodyHash?: string;
}

/** Takes in tasks: checked, made durable, and only then queued and answered. */
export class Submissions {
  readonly #parts: SubmissionsParts;
  #seq: number;

  constructor(parts: SubmissionsParts) {
    this.#parts = parts;
    this.#seq = parts.newestSeq;
  }

  /**
   * Accepts all of the submissions or none. Those that are `blocked` wait until they are released.
   * @returns ids in the order of the submissions; of a known idempotency key, that of the task it stands for.
   * @throws UnknownCapability, TooLarge, InvalidInput, IdempotencyConflict, Overloaded, QuotaExceeded,
   *   StorageUnavailable
   */
  async submit(
    tenant: string,
    submissions: readonly TaskSubmission[],
    commit: CommitSubmission,
    { blocked = new Set(), span }: SubmitOptions = {},
  ): Promise<string[]> {
    const refuse = (error: ReeveError): never => {
      throw error;
    };
    const outcomes = await this.#submit(tenant, submissions, { commit, refuse, blocked, span });
    return outcomes as string[];
  }

  /**
   * Accepts each of the submissions for itself: what is refused hinders no other. Ends with the first that is refused for
   * the state of the hub, such as `overloaded`: those after it are not looked at.
   * @returns id or refusal of each, in order, of as many as were looked at.
   * @throws StorageUnavailable: none is accepted then.
   */
  submitEach(
    tenant: string,
    submissions: readonly TaskSubmission[],
    commit: CommitSubmission,
    span?: Span,
  ): Promise<Array<string | ReeveError>> {
    return this.#submit(tenant, submissions, { commit, refuse: (error) => error, blocked: new Set(), span });
  }

  async #submit(
    tenant: string,
    submissions: readonly TaskSubmission[],
    { commit, refuse, blocked, span }: Manner,
  ): Promise<Array<string | ReeveError>> {
    for (let collisions = 0; ; collisions++) {
      const known = await knownThings(this.#parts.database, tenant, submissions);
      const prepared: Prepared[] = [];
      const claim = this.#parts.quotas.claim(tenant);
      try {
        const outcomes = this.#resolveAll(tenant, submissions, { known, prepared, claim, blocked, span }, refuse);
        if (prepared.length === 0) return outcomes;
        const [ids, tasks] = [
          outcomes.filter((outcome) => typeof outcome === 'string'),
          prepared.map(({ task }) => task),
        ];
        await this.#accept(prepared, (statements, events) => commit(statements, events, { ids, tasks }));
        claim.keep();
        return outcomes;
      } catch (error) {
        // Another request was first with one of the keys, or one of the blobs has gone: the next look finds that.
        if (!ExpectationFailed.is(error) || known.mentioned === 0 || collisions === 3) throw error;
      } finally {
        claim.end();
      }
    }
  }

  #resolveAll(
    tenant: string,
    submissions: readonly TaskSubmission[],
    round: Round,
    refuse: (error: ReeveError) => ReeveError,
  ): Array<string | ReeveError> {
    const outcomes: Array<string | ReeveError> = [];
    for (const submission of submissions) {
      try {
        this.check(submission);
        outcomes.push(this.#resolve(tenant, submission, round));
      } catch (error) {
        if (!(error instanceof ReeveError)) throw error;
        outcomes.push(refuse(error));
        if (error.retryable) break;
      }
    }
    return outcomes;
  }

  /**
   * Takes in a task whose submitter follows it over a connection of its own.
   * @throws what `submit` rejects with, and AgentsPaused
   */
  prepareAttached(tenant: string, submission: TaskSubmission, standing: Standing): Prepared {
    this.check(submission);
    const claim = this.#parts.quotas.claim(tenant);
    try {
      const prepared = this.#prepare(tenant, submission, claim, standing);
      const paused = agentsPaused(prepared.task.queue, this.#parts.clock.monotonicMs());
      if (paused) throw paused;
      claim.keep();
      return prepared;
    } finally {
      claim.end();
    }
  }

  /** Makes prepared tasks durable, then queues them. */
  async #accept(
    prepared: readonly Prepared[],
    commit: (statements: Iterable<UnitStatement>, events: Iterable<EventDraft>) => Promise<void>,
  ): Promise<void> {
    await commit(statementsOf(prepared), submittedEvents(prepared));
    for (const { task, submission } of prepared) this.enqueue(task, submission.runAtMs);
    this.#parts.metrics.submitted(prepared.length);
  }

  /** Queues one attached task while it is made durable; resolves when it is. */
  async acceptAttached(prepared: Prepared, mayWaitMs: number | undefined): Promise<void> {
    const { task } = prepared;
    const [statements, events] = [statementsOf([prepared]), submittedEvents([prepared])];
    const unit = { statements, events, span: task.trace?.span, mayWaitMs };
    const durable = this.#parts.database.commit(unit);
    this.enqueue(task, undefined);
    this.#parts.metrics.submitted(1);
    await durable;
  }

  /** Lets a durable task wait for its time or for an agent, unless others have to be done before. */
  enqueue(task: LiveTask, runAtMs: number | undefined): void {
    this.#parts.board.add(task);
    this.#parts.keeper.watchDeadline(task);
    if (!task.blocked) this.release(task, runAtMs);
  }

  /** Lets a task wait for its time or for an agent that waited for others until now. */
  release(task: LiveTask, runAtMs: number | undefined): void {
    task.blocked = false;
    if (runAtMs !== undefined && runAtMs > this.#parts.clock.nowMs()) return this.#parts.keeper.schedule(task, runAtMs);
    this.#parts.board.enqueue(task);
    this.#parts.dispatcher.queueChanged(task.queue);
  }

  /** @throws InvalidInput, UnknownCapability */
  check({ requires, allowUnknown, deadlineAtMs, verify }: TaskSubmission): void {
    const { roster, clock, schemas } = this.#parts;
    if (verify?.outputSchema) schemas.check(verify.outputSchema);
    if (deadlineAtMs !== undefined && deadlineAtMs <= clock.nowMs())
      throw InvalidInput.error('the deadline is in the past', {
        issues: [{ path: ['deadlineAtMs'], message: 'must be in the future' }],
      });
    if (allowUnknown) return;
    const names = requires.map(({ name }) => name);
    if (verify?.check) names.push(verify.check.capability);
    for (const name of names) if (!roster.isDeclared(name)) throw unknownCapability(name, roster);
  }

  /** The id of the task a submission stands for: an existing one, or one that is prepared now. */
  #resolve(tenant: string, submission: TaskSubmission, round: Round): string {
    const { tasks } = round.known;
    const { idempotencyKey: key } = submission;
    if (key === undefined) return this.#addTo(round, this.#prepareWithBlobs(tenant, submission, round));
    const bodyHash = hashOf(submission);
    const existing = tasks.get(key);
    if (!existing) {
      const fresh = this.#prepareWithBlobs(tenant, submission, round);
      tasks.set(key, { id: fresh.task.id, bodyHash });
      return this.#addTo(round, { ...fresh, bodyHash });
    }
    if (existing.bodyHash === bodyHash) return existing.id;
    throw IdempotencyConflict.error(`the idempotency key ${key} stands for another task`, {
      details: { taskId: existing.id },
    });
  }

  #addTo({ prepared }: Round, fresh: Prepared): string {
    prepared.push(fresh);
    return fresh.task.id;
  }

  #prepareWithBlobs(tenant: string, submission: TaskSubmission, { known, claim, blocked, span }: Round): Prepared {
    const digests = blobsIn(submission.input);
    for (const digest of digests)
      if (!known.blobs.has(digest)) throw UnknownBlob.error(`there is no blob ${digest}`, { details: { digest } });
    return this.#prepare(tenant, submission, claim, { blocked: blocked.has(submission), span, digests });
  }

  #prepare(tenant: string, submission: TaskSubmission, claim: Claim, standing: Standing): Prepared {
    const input = inputText(submission.input, this.#parts.settings.inputLimitBytes);
    claim.add(submission.priority);
    const task = this.#liveTask(tenant, submission, input, standing);
    return { task, submission, input, digests: standing.digests ?? [] };
  }

  #liveTask(
    tenant: string,
    submission: TaskSubmission,
    input: string,
    { follower, blocked = false, span, cost = 1 }: Standing,
  ): LiveTask {
    const { board, clock, steadyTime, settings } = this.#parts;
    const maxAttempts = submission.maxAttempts ?? settings.defaultMaxAttempts;
    const nowMs = clock.nowMs();
    const priority = priorities.indexOf(submission.priority);
    const id = uuidv7(nowMs);
    const sinceMs = steadyTime.nowMs() + Math.max(0, (submission.runAtMs ?? 0) - nowMs);
    return {
      seq: ++this.#seq,
      id,
      tenant,
      kind: submission.kind,
      queue: board.queueFor(submission.requires, submission.constraints),
      priority,
      dueAtMs: dueAtMs(priority, sinceMs, settings.ageingMs),
      submittedAtMs: nowMs,
      cost,
      timeoutMs: submission.timeoutMs ?? settings.defaultTimeoutMs,
      deadlineAtMs: submission.deadlineAtMs,
      maxAttempts,
      retry: submission.backoff ?? settings.retry,
      attempt: 0,
      input,
      lease: undefined,
      verify: submission.verify,
      follower,
      streamed: false,
      failedOn: undefined,
      blocked,
      endings: 0,
      trace: span && new TaskTrace(span, { id, kind: submission.kind }),
      lane: undefined,
      previous: undefined,
      next: undefined,
    };
  }
}

/** How `submit` may be told more. */
interface SubmitOptions {
  readonly blocked?: ReadonlySet<TaskSubmission>;
  /** Of the request that submits, where that is traced: the tasks then are too. */
  readonly span?: Span | undefined;
}

/** How submissions are taken in. */
interface Manner {
  readonly commit: CommitSubmission;
  /** Gives what stands in the place of one that is refused, or throws. */
  readonly refuse: (error: ReeveError) => ReeveError;
  /** Those that wait for others. */
  readonly blocked: ReadonlySet<TaskSubmission>;
  readonly span: Span | undefined;
}

/** What a task waits for and refers to, who waits for it, and what it is traced below. */
interface Standing {
  readonly follower?: Follower | undefined;
  readonly blocked?: boolean;
  readonly digests?: readonly string[];
  readonly span?: Span | undefined;
  /** What it takes of the turns of its tenant. */
  readonly cost?: number | undefined;
}

/** One try to take in the submissions of a request. */
interface Round {
  readonly known: KnownThings;
  readonly prepared: Prepared[];
  readonly claim: Claim;
  readonly blocked: Manner['blocked'];
  readonly span: Span | undefined;
}

/** Made one after the other while they are queued: of a thousand tasks they would be megabytes. */
function* statementsOf(prepared: readonly Prepared[]): Iterable<UnitStatement> {
  for (const { task, submission, input, digests, bodyHash } of prepared) {
    const { seq, tenant, verify, submittedAtMs } = task;
    if (bodyHash !== undefined) {
      const key = submission.idempotencyKey!;
      yield insertTaskKey.bindExpecting(1, { tenant, key, task_id: task.id, body_hash: bodyHash });
    }
    yield insertStatement(task, submission);
    yield insertTaskInput.bind({ seq, input: sealedInput(seq, input) });
    if (verify) yield insertTaskVerifiers.bind({ seq, verify: sealedVerify(seq, verify) });
    for (const digest of digests) {
      yield touchBlob.bindExpecting(1, { tenant, digest, used_at_ms: submittedAtMs });
      yield insertBlobUse.bind({ tenant, digest, task_seq: seq });
    }
  }
}

function* submittedEvents(prepared: readonly Prepared[]): Iterable<EventDraft> {
  for (const { task, submission } of prepared) {
    const { kind, priority, requires } = submission;
    yield taskEvent(task, 'task.submitted', { kind, priority, requires: requires.map(({ name }) => name) });
  }
}

function insertStatement(task: LiveTask, submission: TaskSubmission): UnitStatement {
  const { runAtMs } = submission;
  return insertTask.bind({
    seq: task.seq,
    id: task.id,
    tenant: task.tenant,
    kind: task.kind,
    state: task.blocked ? 'blocked' : runAtMs !== undefined && runAtMs > task.submittedAtMs ? 'scheduled' : 'queued',
    attached: task.follower ? 1 : 0,
    priority: task.priority,
    requires: JSON.stringify(submission.requires),
    constraints: JSON.stringify(submission.constraints),
    labels: JSON.stringify(submission.labels),
    max_attempts: task.maxAttempts,
    timeout_ms: task.timeoutMs,
    backoff: submission.backoff ? JSON.stringify(submission.backoff) : '',
    submitted_at_ms: task.submittedAtMs,
    run_at_ms: runAtMs ?? null,
    deadline_at_ms: task.deadlineAtMs ?? null,
  });
}

/** JSON text of an input. @throws TooLarge */
export function inputText(input: unknown, limitBytes: number): string {
  const text = JSON.stringify(input);
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes <= limitBytes) return text;
  throw TooLarge.error(`the input has ${sizeBytes} bytes; at most ${limitBytes} are accepted`, {
    details: { sizeBytes, limitBytes },
  });
}

function hashOf(submission: TaskSubmission): string {
  return createHash('sha256').update(canonicalJson(submission)).digest('base64url');
}

function unknownCapability(name: string, roster: AgentRoster): Error {
  const nearest = roster.nearestDeclared(name);
  const hint = nearest.length > 0 ? `; did you mean ${nearest.join(', ')}?` : '';
  return UnknownCapability.error(`no agent has ever declared the capability ${name}${hint}`, {
    details: { capability: name, nearest },
    issues: [{ path: ['requires'], message: `unknown capability ${name}` }],
  });
}
