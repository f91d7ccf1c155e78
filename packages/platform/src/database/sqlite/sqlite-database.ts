import { ShuttingDown, StorageUnavailable, type Clock, type ReeveError } from '@reeve/kernel';
import type { Logger } from '../../log/logger.ts';
import { unseal, type KeyChain } from '../../sealing/index.ts';
import { StorageUncertain } from '../errors.ts';
import type { BoundStatement, Database, DatabaseStatus, Row, StatementResult, Unit } from '../port.ts';
import { EventListeners, type EventListener } from './event-listeners.ts';
import { GroupQueue } from './group-queue.ts';
import { missedEvents } from './missed-events.ts';
import { decodeOutcomes, positionedEvents, rejectUnits, settleUnits } from './outcomes.ts';
import type { ProcessLock } from './process-lock.ts';
import { Reader } from './reader.ts';
import { Recovery } from './recovery.ts';
import type { SqliteLimits } from './settings.ts';
import { StatementRegistry } from './statement-registry.ts';
import type { CommittedMessage, FailedMessage, FromWriter, WriterSettings } from './wire.ts';
import { WriterSupervisor } from './writer-supervisor.ts';

export interface SqliteParts {
  readonly settings: WriterSettings;
  readonly limits: SqliteLimits;
  readonly clock: Clock;
  readonly lock: ProcessLock;
  readonly log: Logger | undefined;
  readonly keys: KeyChain | undefined;
}

/** The embedded database: units go in groups to a thread that writes, reads are answered on the calling thread. */
export class SqliteDatabase implements Database {
  readonly #parts: SqliteParts;
  readonly #registry: StatementRegistry;
  readonly #queue: GroupQueue;
  readonly #writer: WriterSupervisor;
  readonly #recovery: Recovery;
  readonly #listeners: EventListeners;
  readonly #ready = Promise.withResolvers<void>();
  #reader: Reader | undefined;
  /** Why no thread writes: it is starting, or has died for good. */
  #unready: string | undefined = 'the writer thread is starting';
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;
  #commits = 0;
  #units = 0;
  #failedCommits = 0;
  #lastCommitMs = 0;

  constructor(parts: SqliteParts) {
    const { settings, limits, clock } = parts;
    this.#parts = parts;
    this.#listeners = new EventListeners(0, parts.log);
    this.#registry = new StatementRegistry((statement) => this.#writer.send({ kind: 'statement', statement }));
    this.#recovery = new Recovery(() => this.#writer.send({ kind: 'probe' }), parts.log);
    this.#queue = new GroupQueue(
      limits,
      this.#registry.idOf,
      () => clock.nowMs(),
      (group) => this.#writer.send(group),
    );
    this.#writer = new WriterSupervisor(
      settings,
      () => this.#registry.all(),
      () => clock.monotonicMs(),
      {
        message: (message) => this.#received(message),
        died: (reason, restarting) => this.#writerDied(reason, restarting),
      },
    );
  }

  /** Resolves when the thread has opened the file. @throws StorageUnavailable when it could not. */
  async started(): Promise<void> {
    await this.#ready.promise;
  }

  async commit(unit: Unit): Promise<readonly StatementResult[]> {
    if (this.#closing !== undefined) throw ShuttingDown.error('the database is being closed');
    const reason = this.#unready ?? this.#recovery.reason;
    if (reason !== undefined) throw this.#unavailable(reason);
    return this.#queue.add(unit);
  }

  async read<R = Row>(statement: BoundStatement): Promise<R[]> {
    if (this.#reader === undefined) throw ShuttingDown.error('the database is closed');
    return this.#reader.read(statement) as R[];
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
      kind: 'sqlite',
      writable: reason === undefined && this.#closing === undefined,
      ...(reason === undefined ? {} : { reason }),
      queuedUnits: this.#queue.unitCount,
      commits: this.#commits,
      failedCommits: this.#failedCommits,
      units: this.#units,
      lastCommitMs: this.#lastCommitMs,
      newestPosition: this.#listeners.toldPosition,
    };
  }

  /** Commits what is queued, empties the write-ahead log, ends the thread and lets go of the lock. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    if (this.#queue.unitCount > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    this.#recovery.stop();
    this.#reader?.close();
    this.#reader = undefined;
    await this.#writer.stop();
    this.#parts.lock.release();
  }

  #received(message: FromWriter): void {
    switch (message.kind) {
      case 'ready':
        return this.#writerReady(message.newestPosition);
      case 'committed':
        return this.#committed(message);
      case 'failed':
        return this.#failed(message);
      case 'probed':
        return this.#recovery.probed(message.reason);
      case 'checkpointFailed':
        return this.#parts.log?.warn({ reason: message.reason }, 'the write-ahead log could not be copied');
      case 'closed':
        return;
    }
  }

  #writerReady(newestPosition: number): void {
    if (this.#closing !== undefined) return;
    const { settings, limits } = this.#parts;
    const restarted = this.#reader !== undefined;
    this.#reader ??= new Reader(settings.path, limits.cacheBytes);
    if (restarted)
      for (const events of missedEvents(this.#reader, this.#listeners.toldPosition)) this.#listeners.tell(events);
    this.#listeners.toldPosition = newestPosition;
    this.#unready = undefined;
    this.#ready.resolve();
  }

  #committed(message: CommittedMessage): void {
    const { group, atMs } = this.#queue.answered(message.group);
    const outcomes = decodeOutcomes(group.units, message);
    this.#commits += 1;
    this.#units += group.units.length;
    this.#lastCommitMs = message.durationMs;
    this.#recovery.committed();
    this.#listeners.toldPosition = message.lastPosition;
    if (this.#listeners.any && message.lastPosition >= message.firstPosition)
      this.#listeners.tell(positionedEvents(group.units, outcomes, message.firstPosition, atMs));
    settleUnits(group.units, outcomes);
    this.#checkDrained();
  }

  #failed(message: FailedMessage): void {
    this.#failedCommits += 1;
    this.#recovery.failed(message.reason);
    const { group } = this.#queue.answered(message.group);
    const error = this.#unavailable(message.reason);
    rejectUnits(group.units, message.uncertain ? StorageUncertain.error(message.reason) : error);
    for (const waiting of this.#queue.takeWaiting()) rejectUnits(waiting.units, error);
    this.#checkDrained();
  }

  #writerDied(reason: string, restarting: boolean): void {
    this.#unready = restarting
      ? `the writer thread is being restarted: ${reason}`
      : `the writer thread ended: ${reason}`;
    this.#parts.log?.error({ reason, restarting }, 'the thread that writes the database ended');
    const uncertain = StorageUncertain.error(`the writer thread ended while it was committing: ${reason}`);
    for (const { group } of this.#queue.takeSent()) rejectUnits(group.units, uncertain);
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
