import { ReeveError } from '@reeve/kernel';
import { ExpectationFailed, StatementFailed } from '../errors.ts';
import type { EventDraft, EventRecord, Row, StatementResult } from '../port.ts';
import type { PendingUnit } from './open-group.ts';
import { rowsMark, undoneMark, type CommittedMessage, type UnitFailure } from './messages.ts';

export type UnitOutcome = readonly StatementResult[] | ReeveError;

const noRows: readonly Row[] = [];

/** What each unit of a committed group did, in the order of the units. */
export function decodeOutcomes(units: readonly PendingUnit[], message: CommittedMessage): UnitOutcome[] {
  let change = 0;
  let rows = 0;
  let failure = 0;
  return units.map((unit) => {
    if (unit.statementCount > 0 && message.changes[change] === undoneMark) {
      change += 1;
      return unitError(message.failures[failure++]!);
    }
    const results: StatementResult[] = [];
    for (let index = 0; index < unit.statementCount; index++) {
      const changes = message.changes[change++]!;
      if (changes >= 0) results.push({ changes, rows: noRows });
      else results.push({ changes: rowsMark - changes, rows: message.rows[rows++]! });
    }
    return results;
  });
}

/** The events of the units that were kept, with their positions. */
export function positionedEvents(
  units: readonly PendingUnit[],
  outcomes: readonly UnitOutcome[],
  firstPosition: number,
  atMs: number,
): EventRecord[] {
  const kept = units.flatMap((unit, index) => (Array.isArray(outcomes[index]) ? (unit.events ?? []) : []));
  return kept.map((draft, index) => positioned(draft, firstPosition + index, atMs));
}

function positioned({ type, tenant, subject, data }: EventDraft, position: number, atMs: number): EventRecord {
  return { position, atMs, type, tenant, subject, data };
}

/** Answers each unit of a committed group. */
export function settleUnits(units: readonly PendingUnit[], outcomes: readonly UnitOutcome[]): void {
  for (let index = 0; index < units.length; index++) {
    const outcome = outcomes[index]!;
    if (outcome instanceof ReeveError) units[index]!.reject(outcome);
    else units[index]!.resolve(outcome);
  }
}

/** Answers each unit of a group of which nothing was kept, or of which that is not known. */
export function rejectUnits(units: readonly PendingUnit[], error: ReeveError): void {
  for (const unit of units) unit.reject(error);
}

function unitError(failure: UnitFailure): ReeveError {
  const { index } = failure;
  switch (failure.kind) {
    case 'rows': {
      const { expectedRows, rows } = failure;
      const message = `statement ${index} of the unit had to change ${expectedRows} rows and changed ${rows}`;
      return ExpectationFailed.error(message, { details: { index, expectedRows, rows } });
    }
    case 'constraint': {
      const details = { index, constraint: failure.constraint };
      return ExpectationFailed.error(`statement ${index} of the unit: ${failure.message}`, { details });
    }
    case 'broken':
      return StatementFailed.error(`statement ${index} of the unit: ${failure.message}`, { details: { index } });
  }
}
