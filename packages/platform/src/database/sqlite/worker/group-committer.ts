import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogEnd } from '../../group/log-end.ts';
import type { CommittedMessage, FailedMessage, GroupMessage } from '../../group/messages.ts';
import type { Sealer } from '../../../sealing/sealer.ts';
import { LogAppender } from './log-appender.ts';
import { prepareSavepoints, runUnits, type UnitTools } from './run-units.ts';
import { isSyncError, messageOf, storageReason } from './sqlite-failure.ts';
import type { StatementCache } from './statement-cache.ts';

/** Commits groups of units on one connection. Not safe for concurrent use; the thread it runs in does one at a time. */
export class GroupCommitter {
  readonly #db: DatabaseSync;
  readonly #tools: UnitTools;
  readonly #log: LogAppender;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #probe: StatementSync;
  /** End of the logs as committed; unknown after a failure, and then read again. */
  #end: LogEnd | undefined;

  constructor(db: DatabaseSync, statements: StatementCache, sealer: Sealer | undefined) {
    this.#db = db;
    this.#tools = { statements, savepoints: prepareSavepoints(db), sealer };
    this.#log = new LogAppender(db);
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#probe = db.prepare(
      "INSERT INTO platform_state (key, value) VALUES ('probe', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
  }

  newestPosition(): number {
    return this.#log.readEnd().position;
  }

  /**
   * When only the sync failed, the whole transaction may stand in the write-ahead log, where recovery after a crash would
   * find it. The next commit overwrites it there; when even that fails, what becomes of the group stays uncertain.
   */
  commit(message: GroupMessage): CommittedMessage | FailedMessage {
    const startedAt = performance.now();
    try {
      return this.#commitAll(message, startedAt);
    } catch (error) {
      this.#undo();
      const uncertain = isSyncError(error) && this.probe(message.atMs) !== undefined;
      return { kind: 'failed', group: message.group, uncertain, reason: storageReason(error) ?? messageOf(error) };
    }
  }

  /** Writes and commits something of no meaning: whether the storage works again. @returns why not, or nothing. */
  probe(atMs: number): string | undefined {
    try {
      this.#begin.run();
      this.#probe.run(String(atMs));
      this.#commit.run();
      return undefined;
    } catch (error) {
      this.#undo();
      return storageReason(error) ?? messageOf(error);
    }
  }

  #commitAll(message: GroupMessage, startedAt: number): CommittedMessage {
    this.#begin.run();
    const end = this.#end ?? this.#log.readEnd();
    const outcome = runUnits(message, this.#tools);
    const newEnd = this.#log.append(end, outcome, message.atMs);
    this.#commit.run();
    this.#end = newEnd;
    const { changes, rows, failures } = outcome;
    const durationMs = performance.now() - startedAt;
    return {
      kind: 'committed',
      group: message.group,
      changes,
      rows,
      failures,
      firstPosition: end.position + 1,
      lastPosition: newEnd.position,
      durationMs,
    };
  }

  /** SQLite has already rolled back by itself after some errors (disk full, I/O). */
  #undo(): void {
    this.#end = undefined;
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
  }
}
