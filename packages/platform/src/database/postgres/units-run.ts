import { auditFieldCount, rowsMark, undoneMark, type GroupMessage, type UnitFailure } from '../group/messages.ts';
import type { LogEntries } from '../group/log-end.ts';
import type { Row, SqlValue } from '../port.ts';
import type { ExpectedCall, Merger } from './merger.ts';
import type { Call, CallResult, PipelineAnswer, SessionStatement } from './pipeline.ts';
import { statementFailure, storageReason } from './postgres-failure.ts';

/** A unit of a group, as its message has it. */
export interface GroupUnit {
  readonly calls: readonly ExpectedCall[];
  readonly events: string | undefined;
  readonly eventCount: number;
  readonly audit: ReadonlyArray<string | null>;
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
 * Carries units out inside one transaction, as many as possible in one trip: they are sent as if none of them could fail,
 * first with equal statements as one (merger.ts). When that does not fit it is undone, and each statement is sent for
 * itself. When a unit fails, whatever was sent with it is undone, those before it are sent again, it is left out, and the
 * rest follows in trips of half the length, which grow again while all goes well. So a group without failures takes one
 * trip, the first failure three more and each other about two, whatever the size of the group.
 */
export class UnitsRun {
  readonly #runner: Runner;
  readonly #merger: Merger;
  readonly #units: readonly GroupUnit[];
  readonly #results = new Map<GroupUnit, readonly CallResult[]>();
  readonly #failures = new Map<GroupUnit, UnitFailure>();
  #pending: readonly Call[];

  constructor(runner: Runner, merger: Merger, units: readonly GroupUnit[]) {
    this.#runner = runner;
    this.#merger = merger;
    this.#units = units;
    this.#pending = this.#fixed('BEGIN');
  }

  /** What has to go before anything else in the transaction: a range of units is to be kept, or undone. */
  get pending(): readonly Call[] {
    return this.#pending;
  }

  /** @throws what concerns the storage; then nothing counts. */
  async run(): Promise<UnitsOutcome> {
    if (!(await this.#tryMerged())) await this.#runEach();
    return this.#outcome();
  }

  /** @returns whether all units succeeded; otherwise none of them has left anything. */
  async #tryMerged(): Promise<boolean> {
    const merged = this.#merger.merge(this.#units.flatMap(({ calls }) => calls));
    if (merged === undefined) return false;
    const { results, error } = await this.#send(merged.calls);
    if (error !== undefined && storageReason(error) !== undefined) throw error;
    const each = error === undefined ? merged.resultsOf(results) : undefined;
    let first = 0;
    const succeeded = this.#units.every((unit) => {
      const own = each?.slice(first, (first += unit.calls.length));
      if (own !== undefined) this.#results.set(unit, own);
      return own !== undefined && failureOf(unit.calls, own, undefined) === undefined;
    });
    this.#pending = succeeded ? this.#fixed('RELEASE units') : this.#fixed('ROLLBACK TO units', 'RELEASE units');
    return succeeded;
  }

  async #runEach(): Promise<void> {
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
  }

  /** @returns the first unit that failed; then none of them has left anything. */
  async #tryUnits(from: number, to: number): Promise<number | undefined> {
    const units = this.#units.slice(from, to);
    const { results, error } = await this.#send(units.flatMap(({ calls }) => calls));
    let first = 0;
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

  /** Sends calls after what has to go before. @returns their results alone. @throws what concerns the storage. */
  async #send(calls: readonly Call[]): Promise<PipelineAnswer> {
    const before = [...this.#pending, ...this.#fixed('SAVEPOINT units')];
    const { results, error } = await this.#runner.run([...before, ...calls]);
    if (results.length < before.length) throw error!;
    return { results: results.slice(before.length), ...(error && { error }) };
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
