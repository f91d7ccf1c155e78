import type { SqlValue } from '../port.ts';

/** What is sent for a value: text, or bytes as they are. */
export function toWire(value: SqlValue): string | Buffer | null {
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return value;
}

/** One column of many rows, as the text of an array. */
export function arrayToWire(rows: ReadonlyArray<readonly SqlValue[]>, column: number): string {
  const elements: string[] = [];
  let [last, element]: [SqlValue, string] = [null, 'NULL'];
  for (const row of rows) {
    const value = row[column]!;
    // Rows that come together have much in common.
    if (value !== last) [last, element] = [value, elementToWire(value)];
    elements.push(element);
  }
  return `{${elements.join(',')}}`;
}

function elementToWire(value: SqlValue): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') return `"\\\\x${Buffer.from(value).toString('hex')}"`;
  return `"${/["\\]/.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`;
}

// Object ids of types, as in pg_type.dat of PostgreSQL; they never change.
const boolId = 16;
const byteaId = 17;
const int8Id = 20;
const int2Id = 21;
const int4Id = 23;
const textId = 25;
const oidId = 26;
const float4Id = 700;
const float8Id = 701;
const numericId = 1700;

/** Names of the types that parameters of our tables' columns have. */
export const typeNames: ReadonlyMap<number, string> = new Map([
  [byteaId, 'bytea'],
  [int8Id, 'int8'],
  [int4Id, 'int4'],
  [textId, 'text'],
  [float8Id, 'float8'],
  [numericId, 'numeric'],
]);

/**
 * A value of an answer, from its text. Truth is 1 or 0, as in SQLite.
 * @throws RangeError for a whole number beyond 2^53: it is never another number.
 */
export function fromWire(text: string | null, typeId: number): SqlValue {
  if (text === null) return null;
  switch (typeId) {
    case int8Id:
    case int2Id:
    case int4Id:
    case oidId:
    case numericId:
      return exactNumber(text);
    case float4Id:
    case float8Id:
      return Number(text);
    case boolId:
      return text === 't' ? 1 : 0;
    case byteaId:
      return new Uint8Array(Buffer.from(text.slice(2), 'hex'));
    default:
      return text;
  }
}

function exactNumber(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) || text.includes('.')) return value;
  throw new RangeError(`the integer ${text} is beyond 2^53`);
}
