import type { Connection, FieldDef, Submittable } from 'pg';
import type { Row, SqlValue } from '../port.ts';
import { fromWire, toWire } from './values.ts';

/** A statement as one connection knows it. */
export interface SessionStatement {
  /** Under which the server keeps it. */
  readonly name: string;
  /** With `?` as placeholders. */
  readonly text: string;
  /** As the server wants it. */
  readonly sql: string;
  /** Whether the server has it. */
  prepared: boolean;
  /** Ids of the types of its parameters, once the server has told them. */
  types: readonly number[] | undefined;
  /** Columns of its rows, when it returns any. */
  columns: readonly FieldDef[] | undefined;
}

export interface Call {
  readonly statement: SessionStatement;
  readonly params: readonly SqlValue[];
}

export interface CallResult {
  changes: number;
  /** Of a statement that returns rows. */
  readonly rows: Row[] | undefined;
  /** A row that could not be read; the server has carried the statement out all the same. */
  fault?: Error;
}

/** Answers of the calls up to the first that failed, and its error; nothing after it was carried out. */
export interface PipelineAnswer {
  readonly results: readonly CallResult[];
  readonly error?: Error;
}

/**
 * Many statements in one trip: all are sent without waiting, the answers come together. The server skips whatever follows
 * a statement that fails. A round trip per statement costs 60–100 µs even on one machine, and one in a row 10–20 µs.
 */
export class Pipeline implements Submittable {
  readonly #calls: readonly Call[];
  readonly #resolve: (answer: PipelineAnswer) => void;
  readonly #results: CallResult[] = [];
  /** Statements whose preparation is on its way, in order. */
  readonly #preparing: SessionStatement[] = [];
  #current: CallResult | undefined;

  /** Calls `resolve` once, also when the connection is lost. */
  constructor(calls: readonly Call[], resolve: (answer: PipelineAnswer) => void) {
    this.#calls = calls;
    this.#resolve = resolve;
  }

  submit(connection: Connection): void {
    connection.on('parseComplete', this.#parsed);
    connection.on('parameterDescription', this.#typed);
    connection.stream.cork();
    for (const { statement, params } of this.#calls) {
      if (!statement.prepared && !this.#preparing.includes(statement)) this.#prepare(connection, statement);
      connection.bind({ statement: statement.name, values: params.map(toWire) }, true);
      connection.execute(null, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: { fields: FieldDef[] }): void {
    this.#calls[this.#results.length]!.statement.columns = fields;
  }

  handleDataRow({ fields }: { fields: ReadonlyArray<string | null> }): void {
    const result = this.#result();
    try {
      result.rows!.push(rowOf(fields, this.#calls[this.#results.length]!.statement.columns!));
    } catch (error) {
      result.fault = error as Error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    const result = this.#result();
    result.changes = result.rows === undefined ? changesOf(text) : result.rows.length;
    this.#results.push(result);
    this.#current = undefined;
  }

  handleEmptyQuery(): void {
    this.handleCommandComplete({ text: '' });
  }

  handleError(error: Error, connection: Connection): void {
    this.#end(connection, { results: this.#results, error });
  }

  handleReadyForQuery(connection: Connection): void {
    this.#end(connection, { results: this.#results });
  }

  readonly #parsed = (): void => {
    this.#preparing[0]!.prepared = true;
  };

  /** Follows the answer that it was prepared. */
  readonly #typed = ({ dataTypeIDs }: { dataTypeIDs: readonly number[] }): void => {
    this.#preparing.shift()!.types = dataTypeIDs;
  };

  #prepare(connection: Connection, statement: SessionStatement): void {
    this.#preparing.push(statement);
    connection.parse({ name: statement.name, text: statement.sql, types: [] }, true);
    connection.describe({ type: 'S', name: statement.name }, true);
  }

  #result(): CallResult {
    const { columns } = this.#calls[this.#results.length]!.statement;
    return (this.#current ??= { changes: 0, rows: columns && [] });
  }

  #end(connection: Connection, answer: PipelineAnswer): void {
    connection.off('parseComplete', this.#parsed);
    connection.off('parameterDescription', this.#typed);
    this.#resolve(answer);
  }
}

function rowOf(fields: ReadonlyArray<string | null>, columns: readonly FieldDef[]): Row {
  const row: Row = {};
  for (let index = 0; index < columns.length; index++)
    row[columns[index]!.name] = fromWire(fields[index]!, columns[index]!.dataTypeID);
  return row;
}

/** The number at the end of a tag such as `UPDATE 3` or `INSERT 0 1`. */
function changesOf(tag: string): number {
  return Number(tag.slice(tag.lastIndexOf(' ') + 1)) || 0;
}
