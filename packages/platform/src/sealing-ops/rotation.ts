import { setTimeout as pause } from 'node:timers/promises';
import { asReeveError, uuidv7, type Clock } from '@reeve/kernel';
import type { Database, UnitStatement } from '../database/index.ts';
import type { Logger } from '../log/index.ts';
import { placeOf, type KeyChain } from '../sealing/index.ts';
import type { SealedColumn } from './sealed-column.ts';
import { advanceRotation, newestRotation, type RotationRow } from './store/rotations.ts';
import { readSealedValues, readStored, resealStatement, type KeyValues } from './store/sealed-values.ts';

/** Values in one commit, so that what waits for the database hardly notices. */
const valuesPerUnit = 100;
/** After a commit that failed (a full disk, say) it is tried again. */
const retryMs = 1_000;

export interface RotationComponents {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keys: KeyChain;
  readonly columns: readonly SealedColumn[];
}

/**
 * Seals what is stored under older keys anew, in the background and in small units. How far it has come is written in the
 * same commit as what it did, so that it goes on from there after any crash.
 */
export class KeyRotation implements AsyncDisposable {
  readonly #components: RotationComponents;
  readonly #stop = new AbortController();
  #work: Promise<void> | undefined;

  constructor(components: RotationComponents) {
    this.#components = components;
  }

  /** Goes on with what an earlier life of the process began: from the beginning when another key is active now. */
  async resume(): Promise<void> {
    const row = await newestRotation(this.#components.database);
    if (row?.state !== 'running') return;
    const { id } = this.#components.keys.active;
    this.goOn(row.to_key === id ? row : { ...row, to_key: id, next_column: 0, after_key: '[]' });
  }

  /** A rotation from the beginning; store it, then let it `goOn`. */
  begin(): RotationRow {
    const { clock, keys } = this.#components;
    const nowMs = clock.nowMs();
    return {
      id: uuidv7(nowMs),
      to_key: keys.active.id,
      state: 'running',
      next_column: 0,
      after_key: '[]',
      looked_at: 0,
      resealed: 0,
      unreadable: 0,
      started_at_ms: nowMs,
      finished_at_ms: null,
    };
  }

  goOn(row: RotationRow): void {
    this.#work ??= this.#run(row).finally(() => (this.#work = undefined));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #run(from: RotationRow): Promise<void> {
    const { log } = this.#components;
    let row = from;
    log.info({ rotation: row.id, toKey: row.to_key, lookedAt: row.looked_at }, 'encryption keys are rotated');
    while (row.state === 'running' && !this.#stop.signal.aborted) {
      try {
        row = await this.#step(row);
      } catch (error) {
        log.warn({ rotation: row.id, error }, 'the rotation of encryption keys waits');
        await pause(retryMs, undefined, { signal: this.#stop.signal }).catch(() => {}); // the loop sees that it stops
      }
    }
    const { resealed, unreadable } = row;
    if (row.state === 'done') log.info({ rotation: row.id, resealed, unreadable }, 'encryption keys were rotated');
  }

  /** One page of one column; answers how far it is then, durably. */
  async #step(row: RotationRow): Promise<RotationRow> {
    const { database, columns, keys, clock } = this.#components;
    const column = columns[row.next_column];
    if (column === undefined) return this.#advance({ ...row, state: 'done', finished_at_ms: clock.nowMs() }, []);
    const page = await readSealedValues(database, column, JSON.parse(row.after_key) as KeyValues, valuesPerUnit);
    const older = page.filter(({ keyId }) => keyId !== keys.active.id);
    const found = await Promise.all(older.map(({ key }) => this.#reseal(column, key)));
    const statements = found.filter((each) => typeof each === 'object');
    const next = {
      ...row,
      ...(page.length < valuesPerUnit
        ? { next_column: row.next_column + 1, after_key: '[]' }
        : { after_key: JSON.stringify(page.at(-1)!.key) }),
      looked_at: row.looked_at + page.length,
      resealed: row.resealed + statements.length,
      unreadable: row.unreadable + found.filter((each) => each === 'unreadable').length,
    };
    return this.#advance(next, statements);
  }

  async #advance(row: RotationRow, statements: readonly UnitStatement[]): Promise<RotationRow> {
    await this.#components.database.commit({ statements: [...statements, { ...advanceRotation(row), expectRows: 1 }] });
    return row;
  }

  async #reseal(column: SealedColumn, key: KeyValues): Promise<UnitStatement | 'gone' | 'unreadable'> {
    const { database, log } = this.#components;
    const stored = await readStored(database, column, key);
    if (stored === undefined) return 'gone';
    try {
      const text = database.unsealed(stored, placeOf(column.table, column.column, ...key));
      return resealStatement(column, key, stored, text);
    } catch (error) {
      log.error({ reason: asReeveError(error).message }, 'a stored value could not be sealed anew');
      return 'unreadable';
    }
  }
}
