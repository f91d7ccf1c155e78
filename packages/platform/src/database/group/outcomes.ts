import type { ReeveError } from '@reeve/kernel';
import { ExpectationFailed, StatementFailed } from '../errors.ts';
import { segmentEvents } from '../../events/store/segment-row.ts';
import type { EventRecord, Row, StatementResult, UnitOutcome } from '../port.ts';
import type { PendingUnit } from './open-group.ts';
import { rowsMark, undoneMark, type CommittedMessage, type UnitFailure } from './messages.ts';

const noRows: readonly Row[] = [];
const nothingChanged: StatementResult = { changes: 0, rows: noRows };
const oneChanged: StatementResult = { changes: 1, rows: noRows };

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
      if (changes >= 0) results.push(changed(changes));
      else results.push({ changes: rowsMark - changes, rows: message.rows[rows++]! });
    }
    return results;
  });
}

/** Nearly every statement changes one row. */
function changed(changes: number): StatementResult {
  return changes === 1 ? oneChanged : changes === 0 ? nothingChanged : { changes, rows: noRows };
}

/** The events of the units that were kept, with their positions. */
export function positionedEvents(
  units: readonly PendingUnit[],
  outcomes: readonly UnitOutcome[],
  firstPosition: number,
  atMs: number,
): EventRecord[] {
  const records: EventRecord[] = [];
  for (let at = 0; at < units.length; at++) {
    const { events } = units[at]!;
    if (events === undefined || outcomes[at] instanceof Error) continue;
    // Each unit's for itself: texts in what was parsed may hold on to all that was parsed with them.
    records.push(
      ...segmentEvents({ first_position: firstPosition + records.length, at_ms: atMs, events: `[${events}]` }),
    );
  }
  return records;
}

/** Answers each unit of a committed group. */
export function settleUnits(units: readonly PendingUnit[], outcomes: readonly UnitOutcome[]): void {
  for (let at = 0; at < units.length; at++) {
    const { call, index } = units[at]!;
    call.answer(index, outcomes[at]!);
  }
}

/** Answers each unit of a group of which nothing was kept, or of which that is not known. */
export function rejectUnits(units: readonly PendingUnit[], error: ReeveError): void {
  for (const { call, index } of units) call.answer(index, error);
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
