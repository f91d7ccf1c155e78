import { hash } from 'node:crypto';
import { auditRecordText } from './record-text.ts';
import { hashedPart, type AuditTableRow } from './store/audit-table.ts';
import { sequenceWithHash, type AuditSource } from './store/records.ts';

/** The end of a chain, or of a part of it: what to export and to keep elsewhere. */
export interface ChainHead {
  /** Of the last record; 0 for an empty chain. */
  readonly sequence: number;
  readonly hash: string;
}

/** `tailCut` and `rewritten` are visible only against a head that was exported earlier. */
export type AuditFaultKind = 'changed' | 'removed' | 'inserted' | 'outOfOrder' | 'tailCut' | 'rewritten';

export interface AuditFault {
  /** The first record concerned. */
  readonly sequence: number;
  readonly kind: AuditFaultKind;
  readonly message: string;
}

export function recordHash(row: AuditTableRow): string {
  return hash('sha256', auditRecordText(hashedPart(row)));
}

/**
 * How the chain was broken, from the last record that was right and the first that does not follow it. That it is
 * broken is certain; which of the ways it was is the most likely reading of what is left.
 */
export async function findFault(db: AuditSource, last: ChainHead, row: AuditTableRow): Promise<AuditFault> {
  const expected = last.sequence + 1;
  if (row.sequence > expected) return removed(expected, row.sequence - 1);
  const ownHashFits = recordHash(row) === row.hash;
  if (row.previous_hash === last.hash) return changed(row.sequence, 'its content does not fit its hash');
  if (wasNumbered(row, row.sequence + 1)) return removed(row.sequence, row.sequence);
  const linkedTo = await sequenceWithHash(db, row.previous_hash);
  if (linkedTo === last.sequence - 1) return inserted(last.sequence);
  if (linkedTo !== undefined) return outOfOrder(row.sequence, linkedTo);
  if (ownHashFits && last.sequence > 0) return changed(last.sequence, 'the next record names another hash for it');
  return changed(row.sequence, 'neither its content nor the hash before it fits');
}

/** Whether its hash fits if it had another number: records after a removed one that were numbered anew. */
function wasNumbered(row: AuditTableRow, sequence: number): boolean {
  return recordHash({ ...row, sequence }) === row.hash;
}

function removed(first: number, last: number): AuditFault {
  const which = first === last ? `record ${first} was removed` : `records ${first} to ${last} were removed`;
  return { sequence: first, kind: 'removed', message: which };
}

function inserted(sequence: number): AuditFault {
  return {
    sequence,
    kind: 'inserted',
    message: `record ${sequence} was inserted: the next one follows the one before it`,
  };
}

function changed(sequence: number, how: string): AuditFault {
  return { sequence, kind: 'changed', message: `record ${sequence} was changed: ${how}` };
}

function outOfOrder(sequence: number, linkedTo: number): AuditFault {
  return { sequence, kind: 'outOfOrder', message: `record ${sequence} is out of order: it follows record ${linkedTo}` };
}
