import { auditFieldCount, rowsMark, undoneMark, type GroupMessage, type UnitFailure } from '../group/messages.ts';
import type { LogEntries } from '../group/log-end.ts';
import type { Row, SqlValue } from '../port.ts';
import type { Call, CallResult, PipelineAnswer, SessionStatement } from './pipeline.ts';
import { statementFailure, storageReason } from './postgres-failure.ts';

/** A unit of a group, as its message has it. */
export interface GroupUnit {
  readonly calls: readonly ExpectedCall[];
  readonly events: string | undefined;
  readonly eventCount: number;
  readonly audit: ReadonlyArray<string | null>;
}

interface ExpectedCall extends Call {
  /** −1 for any number. */
  readonly expectRows: number;
}

/** What units did, in the form in which it is answered. */
export interface UnitsOutcome {
  readonly changes: number[];
  readonly rows: (readonly Row[])[];
  readonly failures: UnitFailure[];
  readonly entries: LogEntries;
}

/** What carries calls out in one trip. */
export interface Runner {
  statement(sql: string): SessionStatement;
  run(calls: readonly Call[]): Promise<PipelineAnswer>;
}

/** Reads the units of a group out of its message; `params` are its values, the sealed ones in place of their texts. */
export function unitsOf(
  message: GroupMessage,
  params: readonly SqlValue[],
  statementOf: (id: number) => SessionStatement,
): GroupUnit[] {
  const { steps, events, audit } = message;
  const units: GroupUnit[] = [];
  let [step, param, event, record] = [0, 0, 0, 0];
  while (step < steps.length) {
    const [statementCount, eventCount, auditCount] = [steps[step]!, steps[step + 1]!, steps[step + 2]!];
    step += 3;
    const calls: ExpectedCall[] = [];
    for (let index = 0; index < statementCount; index++, step += 3) {
      const values = params.slice(param, (param += steps[step + 1]!)) as SqlValue[];
      calls.push({ statement: statementOf(steps[step]!), params: values, expectRows: steps[step + 2]! });
    }
    units.push({
      calls,
      events: eventCount > 0 ? events[event++] : undefined,
      eventCount,
      audit: audit.slice(record * auditFieldCount, (record += auditCount) * auditFieldCount),
    });
  }
  return units;
}

/**
 * Carries units out inside one transaction, as many as possible in one trip: they are sent as if none of them could fail.
 * When one does, whatever was sent with it is undone, those before it are sent again, it is left out, and the rest
 * follows in trips of half the length, which grow again while all goes well. So a group without failures takes one
 * trip, and each failure costs about two more, whatever the size of the group.
 */
export class UnitsRun {
  readonly #runner: Runner;
  readonly #units: readonly GroupUnit[];
  readonly #results = new Map<GroupUnit, readonly CallResult[]>();
  readonly #failures = new Map<GroupUnit, UnitFailure>();
  #pending: readonly Call[];

  constructor(runner: Runner, units: readonly GroupUnit[]) {
    this.#runner = runner;
    this.#units = units;
    this.#pending = this.#fixed('BEGIN');
  }

  /** What has to go before anything else in the transaction: a range of units is to be kept, or undone. */
  get pending(): readonly Call[] {
    return this.#pending;
  }

  /** @throws what concerns the storage; then nothing counts. */
  async run(): Promise<UnitsOutcome> {
    let length = this.#units.length;
    for (let from = 0; from < this.#units.length;) {
      const failed = await this.#tryUnits(from, Math.min(from + length, this.#units.length));
      if (failed === undefined) {
        from += length;
        length *= 2;
        continue;
      }
      if (failed > from) await this.#tryUnits(from, failed);
      from = failed + 1;
      length = Math.max(1, length >> 1);
    }
    return this.#outcome();
  }

  /** @returns the first unit that failed; then none of them has left anything. */
  async #tryUnits(from: number, to: number): Promise<number | undefined> {
    const units = this.#units.slice(from, to);
    const before = [...this.#pending, ...this.#fixed('SAVEPOINT units')];
    const { results, error } = await this.#runner.run([...before, ...units.flatMap(({ calls }) => calls)]);
    if (results.length < before.length) throw error!;
    let first = before.length;
    for (const [index, unit] of units.entries()) {
      const own = results.slice(first, (first += unit.calls.length));
      const failure = failureOf(unit.calls, own, error);
      if (failure === undefined) {
        this.#results.set(unit, own);
        continue;
      }
      this.#failures.set(unit, failure);
      this.#pending = this.#fixed('ROLLBACK TO units', 'RELEASE units');
      return from + index;
    }
    this.#pending = this.#fixed('RELEASE units');
    return undefined;
  }

  #fixed(...texts: string[]): Call[] {
    return texts.map((sql) => ({ statement: this.#runner.statement(sql), params: [] }));
  }

  #outcome(): UnitsOutcome {
    const changes: number[] = [];
    const rows: (readonly Row[])[] = [];
    for (const unit of this.#units) {
      if (this.#failures.has(unit)) changes.push(undoneMark);
      else
        for (const result of this.#results.get(unit)!) {
          changes.push(result.rows ? rowsMark - result.rows.length : result.changes);
          if (result.rows) rows.push(result.rows);
        }
    }
    const kept = this.#units.filter((unit) => !this.#failures.has(unit));
    return { changes, rows, failures: [...this.#failures.values()], entries: entriesOf(kept) };
  }
}

/** Why a unit failed, by its first statement that did. @throws what concerns the storage. */
function failureOf(
  calls: readonly ExpectedCall[],
  results: readonly CallResult[],
  error: Error | undefined,
): UnitFailure | undefined {
  for (const [index, { expectRows }] of calls.entries()) {
    const result = results[index];
    const fault = result === undefined ? error : result.fault;
    if (fault !== undefined) {
      if (storageReason(fault) !== undefined) throw fault;
      return statementFailure(fault, index);
    }
    if (expectRows >= 0 && result!.changes !== expectRows)
      return { kind: 'rows', index, expectedRows: expectRows, rows: result!.changes };
  }
  return undefined;
}

function entriesOf(units: readonly GroupUnit[]): LogEntries {
  return {
    events: units.flatMap(({ events }) => (events === undefined ? [] : [events])),
    eventCount: units.reduce((sum, { eventCount }) => sum + eventCount, 0),
    audit: units.flatMap(({ audit }) => audit),
  };
}
