import type { SqlValue } from './port.ts';

/** What `node:sqlite` binds: it stores every number as REAL, so that whole numbers have to go as bigint. */
export type BindValue = SqlValue | bigint;

/**
 * Makes whole numbers integers for SQLite, in place. A column of type INTEGER would convert them itself, but an
 * expression without a column would not: `'task:' || ?` with 10 is `task:10.0`, and `json_array(?)` is `[10.0]`.
 */
export function integersForSqlite(params: BindValue[]): void {
  for (let index = 0; index < params.length; index++) {
    const value = params[index];
    if (typeof value === 'number' && Number.isSafeInteger(value)) params[index] = BigInt(value);
  }
}
