import { DatabaseError } from 'pg';
import type { UnitFailure } from '../group/messages.ts';

/**
 * Classes and codes of errors (SQLSTATE) that say something about the server, the connection or its locks, not about
 * the statement. The whole list is appendix A of PostgreSQL's manual.
 */
const storageStates = /^(08|28|53|57|58|F0|XX|40)|^(25006|25P02|25P03|55P03|3D000|0A000)/;
const constraintKinds: Readonly<Record<string, string>> = {
  '23502': 'notNull',
  '23503': 'foreignKey',
  '23505': 'unique',
  '23514': 'check',
};

/** Why the database cannot store or read at all, for people; `undefined` when the error is the statement's own. */
export function storageReason(error: unknown): string | undefined {
  if (error instanceof RangeError) return undefined;
  if (!(error instanceof DatabaseError)) return messageOf(error);
  const { code = '', severity } = error;
  if (severity === 'ERROR' && !storageStates.test(code)) return undefined;
  return `${error.message} (PostgreSQL ${code})`;
}

/** The failure of one statement, when it is not the storage's. */
export function statementFailure(error: unknown, index: number): UnitFailure {
  const message = messageOf(error);
  if (!(error instanceof DatabaseError) || !error.code?.startsWith('23')) return { kind: 'broken', index, message };
  return { kind: 'constraint', index, constraint: constraintKinds[error.code] ?? 'other', message };
}

/** Errors of the network may come as several in one, without a message of their own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
