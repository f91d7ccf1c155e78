import type { Call, CallResult } from '../postgres/pipeline.ts';
import type { WriterSession } from '../postgres/writer-session.ts';
import type { SqlValue } from '../port.ts';
import { RowDigest } from './row-digest.ts';
import { orderedQuery, quoted, type Table } from './source-table.ts';

const rowsPerTrip = 1_000;
const bytesPerTrip = 4 * 2 ** 20;
/** A payload has up to 256 KiB, so that these are 50 MiB at most. */
const rowsPerFetch = 200;

/** Writes rows of one table, many in one trip and bounded in bytes. */
export class TableCopy {
  readonly #session: WriterSession;
  readonly #insert: string;
  #calls: Call[] = [];
  #bytes = 0;

  constructor(session: WriterSession, { name, columns }: Table) {
    this.#session = session;
    const places = columns.map(() => '?').join(', ');
    this.#insert = `INSERT INTO ${quoted([name])} (${quoted(columns)}) VALUES (${places})`;
  }

  get isFull(): boolean {
    return this.#calls.length >= rowsPerTrip || this.#bytes >= bytesPerTrip;
  }

  add(row: readonly SqlValue[]): void {
    this.#calls.push({ statement: this.#session.statement(this.#insert), params: row });
    for (const value of row)
      this.#bytes += typeof value === 'string' ? value.length : value instanceof Uint8Array ? value.byteLength : 8;
  }

  async send(): Promise<void> {
    await runAll(this.#session, this.#calls);
    this.#calls = [];
    this.#bytes = 0;
  }
}

/** The digest of a table as the open transaction sees it. */
export async function targetDigest(session: WriterSession, table: Table): Promise<RowDigest> {
  const digest = new RowDigest();
  const call = (sql: string): Call => ({ statement: session.statement(sql), params: [] });
  const cursor = quoted([`moved ${table.name}`]);
  await runAll(session, [call(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${orderedQuery(table)}`)]);
  for (let count = rowsPerFetch; count === rowsPerFetch;) {
    const [result] = await runAll(session, [call(`FETCH ${rowsPerFetch} FROM ${cursor}`)]);
    const rows = result!.rows!;
    for (const row of rows) digest.add(table.columns.map((column) => row[column]!));
    count = rows.length;
  }
  await runAll(session, [call(`CLOSE ${cursor}`)]);
  return digest;
}

/** @throws what the first call that failed was refused with. */
export async function runAll(session: WriterSession, calls: readonly Call[]): Promise<readonly CallResult[]> {
  const { results, error } = await session.run(calls);
  const fault = error ?? results.find((result) => result.fault)?.fault;
  if (fault) throw fault;
  return results;
}
