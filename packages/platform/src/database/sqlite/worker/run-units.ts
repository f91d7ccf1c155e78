import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integersForSqlite, type BindValue } from '../../bind.ts';
import type { Sealer } from '../../../sealing/sealer.ts';
import type { Row } from '../../port.ts';
import { rowsMark, undoneMark, type GroupMessage, type UnitFailure } from '../../group/messages.ts';
import { statementFailure, storageReason } from './sqlite-failure.ts';
import type { StatementCache } from './statement-cache.ts';

/** What the units of a group did, in the form in which it is sent back, and what they leave to append. */
export interface UnitsOutcome {
  readonly changes: number[];
  readonly rows: (readonly Row[])[];
  readonly failures: UnitFailure[];
  /** Events of the units that succeeded: JSON texts, and their number. */
  readonly events: string[];
  eventCount: number;
  /** Audit values of the units that succeeded. */
  readonly audit: (string | null)[];
}

export interface Savepoints {
  readonly begin: StatementSync;
  readonly release: StatementSync;
  readonly undo: StatementSync;
}

export function prepareSavepoints(db: DatabaseSync): Savepoints {
  return {
    begin: db.prepare('SAVEPOINT unit'),
    release: db.prepare('RELEASE unit'),
    undo: db.prepare('ROLLBACK TO unit'),
  };
}

/** What units are run with. */
export interface UnitTools {
  readonly statements: StatementCache;
  readonly savepoints: Savepoints;
  /** Seals the texts that are to be stored sealed; absent where there are none. */
  readonly sealer: Sealer | undefined;
}

/** Runs all units of a group inside the open transaction. @throws what concerns the storage; then nothing counts. */
export function runUnits(message: GroupMessage, tools: UnitTools): UnitsOutcome {
  const run = new UnitsRun(message, tools);
  while (run.next());
  return run.outcome;
}

class UnitsRun {
  readonly outcome: UnitsOutcome = { changes: [], rows: [], failures: [], events: [], eventCount: 0, audit: [] };
  readonly #message: GroupMessage;
  readonly #statements: StatementCache;
  readonly #savepoints: Savepoints;
  readonly #sealer: Sealer | undefined;
  #step = 0;
  #param = 0;
  #seal = 0;
  #events = 0;
  #audit = 0;

  constructor(message: GroupMessage, { statements, savepoints, sealer }: UnitTools) {
    this.#message = message;
    this.#statements = statements;
    this.#savepoints = savepoints;
    this.#sealer = sealer;
  }

  /** Runs the next unit; false when there is none. */
  next(): boolean {
    const { steps } = this.#message;
    if (this.#step >= steps.length) return false;
    const statementCount = steps[this.#step]!;
    const eventCount = steps[this.#step + 1]!;
    const auditCount = steps[this.#step + 2]!;
    this.#step += 3;
    const failure = this.#runStatements(statementCount);
    if (failure === undefined) this.#keepRecords(eventCount, auditCount);
    else this.outcome.failures.push(failure);
    if (eventCount > 0) this.#events += 1;
    this.#audit += auditCount;
    return true;
  }

  #runStatements(count: number): UnitFailure | undefined {
    const { begin, release, undo } = this.#savepoints;
    const guarded = this.#needsSavepoint(count);
    const firstStep = this.#step;
    const firstChange = this.outcome.changes.length;
    const firstRows = this.outcome.rows.length;
    if (guarded) begin.run();
    const failure = this.#runEach(count);
    if (failure !== undefined) {
      if (guarded) undo.run();
      this.outcome.changes.length = firstChange;
      this.outcome.changes.push(undoneMark);
      this.outcome.rows.length = firstRows;
      this.#skipTo(firstStep, count);
    }
    if (guarded) release.run();
    return failure;
  }

  /**
   * One statement that returns nothing and expects nothing is atomic by itself. Reading returned rows can fail after
   * the change was made (an integer beyond 2^53), and so can an expectation.
   */
  #needsSavepoint(count: number): boolean {
    if (count !== 1) return count > 1;
    return (
      this.#message.steps[this.#step + 2]! >= 0 || this.#statements.mayReturnRows(this.#message.steps[this.#step]!)
    );
  }

  #runEach(count: number): UnitFailure | undefined {
    for (let index = 0; index < count; index++) {
      const failure = this.#runOne(index);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  #runOne(index: number): UnitFailure | undefined {
    const { steps } = this.#message;
    const id = steps[this.#step]!;
    const paramCount = steps[this.#step + 1]!;
    const expectedRows = steps[this.#step + 2]!;
    const params = this.#message.params.slice(this.#param, this.#param + paramCount) as BindValue[];
    const firstParam = this.#param;
    this.#step += 3;
    this.#param += paramCount;
    integersForSqlite(params);
    try {
      this.#sealTexts(firstParam, params);
      const rows = this.#execute(id, params);
      if (expectedRows < 0 || rows === expectedRows) return undefined;
      return { kind: 'rows', index, expectedRows, rows };
    } catch (error) {
      if (storageReason(error) !== undefined) throw error;
      return statementFailure(error, index);
    }
  }

  /** Puts sealed texts in place of those to be sealed, and passes those of statements that were skipped. */
  #sealTexts(firstParam: number, params: BindValue[]): void {
    const { seals } = this.#message;
    for (; (seals[this.#seal] as number) < firstParam + params.length; this.#seal += 2) {
      const index = (seals[this.#seal] as number) - firstParam;
      if (index < 0) continue;
      params[index] = this.#sealer!.seal(params[index] as string, seals[this.#seal + 1] as string);
    }
  }

  #execute(id: number, params: BindValue[]): number {
    const { statement, returnsRows } = this.#statements.get(id);
    if (!returnsRows) {
      const changes = statement.run(...params).changes as number;
      this.outcome.changes.push(changes);
      return changes;
    }
    const rows = statement.all(...params) as unknown as Row[];
    this.outcome.changes.push(rowsMark - rows.length);
    this.outcome.rows.push(rows);
    return rows.length;
  }

  /** Moves behind the statements of a unit that ended early. */
  #skipTo(firstStep: number, count: number): void {
    const { steps } = this.#message;
    for (; this.#step < firstStep + count * 3; this.#step += 3) this.#param += steps[this.#step + 1]!;
  }

  #keepRecords(eventCount: number, auditCount: number): void {
    if (eventCount > 0) this.outcome.events.push(this.#message.events[this.#events]!);
    this.outcome.eventCount += eventCount;
    const last = this.#audit + auditCount;
    for (let record = this.#audit; record < last; record++) this.#keepAudit(record);
  }

  #keepAudit(record: number): void {
    const { audit } = this.#message;
    for (let field = record * 7; field < record * 7 + 7; field++) this.outcome.audit.push(audit[field]!);
  }
}
