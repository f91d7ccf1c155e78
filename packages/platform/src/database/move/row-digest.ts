import { createHash } from 'node:crypto';
import type { SqlValue } from '../port.ts';

/**
 * SHA-256 over rows in order: for each value its kind, its length in bytes, and itself. Two tables have the same digest
 * only if they have the same rows; no value can be mistaken for two, nor a text for a number.
 */
export class RowDigest {
  rows = 0;
  readonly #hash = createHash('sha256');

  add(values: readonly SqlValue[]): void {
    this.rows += 1;
    for (const value of values) this.#addValue(value);
  }

  /** To be asked once. */
  hex(): string {
    return this.#hash.digest('hex');
  }

  #addValue(value: SqlValue): void {
    if (value === null) return void this.#hash.update('-;');
    const bytes = value instanceof Uint8Array ? value : Buffer.from(String(value));
    const kind = typeof value === 'string' ? 't' : typeof value === 'number' ? 'n' : 'b';
    this.#hash.update(`${kind}${bytes.byteLength};`).update(bytes);
  }
}
