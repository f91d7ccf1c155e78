import { ShuttingDown, StorageUnavailable, type Clock, type ReeveError } from '@reeve/kernel';
import type { Logger } from '../../log/logger.ts';
import { unseal, type KeyChain } from '../../sealing/index.ts';
import { StorageUncertain } from '../errors.ts';
import type { BoundStatement, Database, DatabaseStatus, Row, StatementResult, Unit, UnitOutcome } from '../port.ts';
import { CommitCall } from './commit-call.ts';
import { EventListeners, type EventListener } from './event-listeners.ts';
import { GroupQueue } from './group-queue.ts';
import type { GroupLimits } from './limits.ts';
import type { CommittedMessage, FailedMessage, FromWriter, ProbedMessage, StatementText } from './messages.ts';
import { missedEvents } from './missed-events.ts';
import { decodeOutcomes, positionedEvents, rejectUnits, settleUnits } from './outcomes.ts';
import { Recovery } from './recovery.ts';
import { StatementRegistry } from './statement-registry.ts';
import type { Reader, Writer, WriterEvents } from './writer.ts';

export interface GroupDatabaseParts {
  readonly kind: DatabaseStatus['kind'];
  readonly limits: GroupLimits;
  readonly clock: Clock;
  readonly log: Logger | undefined;
  /** Under which texts are stored sealed; without it a unit that has any is refused. */
  readonly keys: KeyChain | undefined;
  /** `texts` are the statements known so far, for a writer that is started again. */
  startWriter(events: WriterEvents, texts: () => StatementText[]): Writer;
  /** Called when the writer is ready for the first time. */
  openReader(): Reader;
  /** Called at the very end. */
  release(): void;
}

/** A database whose units go in groups to a writer; what is the same whichever database that is. */
export class GroupDatabase implements Database {
  readonly #parts: GroupDatabaseParts;
  readonly #registry: StatementRegistry;
  readonly #queue: GroupQueue;
  readonly #writer: Writer;
  readonly #recovery: Recovery;
  readonly #listeners: EventListeners;
  readonly #ready = Promise.withResolvers<void>();
  #reader: Reader | undefined;
  /** Why nothing writes: the writer is starting, or has died for good. */
  #unready: string | undefined = 'the writer is starting';
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #commits = 0;
  #units = 0;
  #reads = 0;
  #failedCommits = 0;
  #lastCommitMs = 0;

  constructor(parts: GroupDatabaseParts) {
    this.#parts = parts;
    this.#listeners = new EventListeners(0, parts.log);
    this.#registry = new StatementRegistry((statement) => this.#writer.send({ kind: 'statement', statement }));
    this.#recovery = new Recovery(() => this.#writer.send({ kind: 'probe' }), parts.log);
    this.#queue = new GroupQueue(
      parts.limits,
      parts.keys !== undefined,
      this.#registry.idOf,
      () => parts.clock.nowMs(),
      (group) => this.#writer.send(group),
    );
    this.#writer = parts.startWriter(
      {
        message: (message) => this.#received(message),
        died: (reason, restarting) => this.#writerDied(reason, restarting),
      },
      () => this.#registry.all(),
    );
  }

  /** Resolves when the writer is ready. @throws StorageUnavailable when it died before. */
  async started(): Promise<void> {
    await this.#ready.promise;
  }

  async commit(unit: Unit): Promise<readonly StatementResult[]> {
    const [outcome] = await this.commitEach([unit]);
    if (outcome instanceof Error) throw outcome;
    return outcome!;
  }

  commitEach(units: readonly Unit[]): Promise<readonly UnitOutcome[]> {
    const call = new CommitCall(units.length);
    for (let index = 0; index < units.length; index++) {
      try {
        this.#enqueue(units[index]!, call, index);
      } catch (error) {
        call.answer(index, error as Error);
      }
    }
    return call.done;
  }

  #enqueue(unit: Unit, call: CommitCall, index: number): void {
    if (this.#closing !== undefined) throw ShuttingDown.error('the database is being closed');
    const reason = this.#unready ?? this.#recovery.reason;
    if (reason !== undefined) throw this.#unavailable(reason);
    this.#queue.add(unit, call, index);
  }

  async read<R = Row>(statement: BoundStatement): Promise<R[]> {
    if (this.#reader === undefined) throw ShuttingDown.error('the database is closed');
    this.#reads += 1;
    return this.#reader.read(statement) as R[] | Promise<R[]>;
  }

  unsealed(stored: string, place: string): string {
    const { keys } = this.#parts;
    if (keys === undefined) throw new Error(`the database was opened without keys, so ${place} cannot be read`);
    return unseal(keys, stored, place);
  }

  onEvents(listener: EventListener): () => void {
    return this.#listeners.add(listener);
  }

  status(): DatabaseStatus {
    const reason = this.#unready ?? this.#recovery.reason;
    return {
      kind: this.#parts.kind,
      writable: reason === undefined && this.#closing === undefined,
      ...(reason === undefined ? {} : { reason }),
      queuedUnits: this.#queue.unitCount,
      readers: this.#reader?.status() ?? { inUse: 0, idle: 0, waiting: 0 },
      commits: this.#commits,
      failedCommits: this.#failedCommits,
      units: this.#units,
      reads: this.#reads,
      lastCommitMs: this.#lastCommitMs,
      newestPosition: this.#listeners.toldPosition,
    };
  }

  /** Commits what is queued, ends the writer and lets go of the lock. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    this.#writer.giveUp();
    if (this.#queue.unitCount > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#recovery.stop();
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
    await this.#writer.stop();
    this.#parts.release();
  }

  #received(message: FromWriter): void {
    switch (message.kind) {
      case 'ready':
        return void this.#writerReady(message.newestPosition);
      case 'committed':
        return this.#committed(message);
      case 'failed':
        return this.#failed(message);
      case 'probed':
        return void this.#probed(message);
      case 'lost':
        return this.#lost(message.reason);
      case 'checkpointFailed':
        return this.#parts.log?.warn({ reason: message.reason }, 'the write-ahead log could not be copied');
      case 'closed':
        return;
    }
  }

  /** For the first time, or after another writer was started in place of one that died. */
  async #writerReady(newestPosition: number): Promise<void> {
    if (this.#closing !== undefined) return;
    if (this.#reader === undefined) {
      this.#reader = this.#parts.openReader();
      this.#listeners.toldPosition = newestPosition;
    } else if (!(await this.#tellMissed(newestPosition))) return;
    this.#unready = undefined;
    this.#ready.resolve();
  }

  async #probed(message: ProbedMessage): Promise<void> {
    if (!('newestPosition' in message)) return this.#recovery.probed(message.reason);
    if (await this.#tellMissed(message.newestPosition)) this.#recovery.probed(undefined);
  }

  /** Tells of what was committed without an answer. @returns whether it could be read; otherwise a probe follows. */
  async #tellMissed(newestPosition: number): Promise<boolean> {
    if (this.#reader === undefined || newestPosition <= this.#listeners.toldPosition) return true;
    try {
      for await (const events of missedEvents(this.#reader, this.#listeners.toldPosition)) {
        this.#listeners.toldPosition = events.at(-1)!.position;
        this.#listeners.tell(events);
      }
      return true;
    } catch (error) {
      this.#unready = undefined;
      this.#recovery.failed(`events could not be read again: ${String(error)}`);
      return false;
    }
  }

  #committed(message: CommittedMessage): void {
    const { units, atMs } = this.#queue.answered(message.group);
    const outcomes = decodeOutcomes(units, message);
    this.#commits += 1;
    this.#units += units.length;
    this.#lastCommitMs = message.durationMs;
    this.#recovery.committed();
    this.#listeners.toldPosition = message.lastPosition;
    if (this.#listeners.any && message.lastPosition >= message.firstPosition)
      this.#listeners.tell(positionedEvents(units, outcomes, message.firstPosition, atMs));
    settleUnits(units, outcomes);
    this.#checkDrained();
  }

  #failed(message: FailedMessage): void {
    this.#failedCommits += 1;
    const { units } = this.#queue.answered(message.group);
    this.#lost(message.reason);
    rejectUnits(units, message.uncertain ? StorageUncertain.error(message.reason) : this.#unavailable(message.reason));
    this.#checkDrained();
  }

  /** What was not sent is refused; what was sent is answered by the writer. */
  #lost(reason: string): void {
    this.#recovery.failed(reason);
    for (const { units } of this.#queue.takeWaiting()) rejectUnits(units, this.#unavailable(reason));
    this.#checkDrained();
  }

  #writerDied(reason: string, restarting: boolean): void {
    this.#unready = restarting ? `the writer is being restarted: ${reason}` : `the writer ended: ${reason}`;
    this.#parts.log?.error({ reason, restarting }, 'the writer of the database ended');
    const uncertain = StorageUncertain.error(`the writer ended while it was committing: ${reason}`);
    for (const { units } of this.#queue.takeSent()) rejectUnits(units, uncertain);
    for (const { units } of this.#queue.takeWaiting()) rejectUnits(units, this.#unavailable(this.#unready));
    if (!restarting) this.#ready.reject(this.#unavailable(this.#unready));
    this.#checkDrained();
  }

  #unavailable(reason: string): ReeveError {
    return StorageUnavailable.error(reason, { retryAfterMs: this.#recovery.retryAfterMs });
  }

  #checkDrained(): void {
    if (this.#queue.unitCount === 0) this.#drained?.();
  }
}
