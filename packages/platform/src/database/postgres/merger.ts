import type { SqlValue } from '../port.ts';
import { mergeable, type Mergeable } from './mergeable.ts';
import type { Call, CallResult, SessionStatement } from './pipeline.ts';
import { arrayToWire, typeNames } from './values.ts';

/** A statement of a unit, and how many rows it has to change; −1 for any number. */
export interface ExpectedCall extends Call {
  readonly expectRows: number;
}

/** Statements of units in the order in which they are carried out, equal ones as one. */
interface Run {
  readonly statement: SessionStatement;
  readonly form: Mergeable | undefined;
  /** The rows that updates name. */
  readonly keys: Set<SqlValue>;
  readonly params: (readonly SqlValue[])[];
}

const oneRow: CallResult = { changes: 1, rows: undefined };

/**
 * Puts statements of one text together, so that the server carries many out at once: it takes a third of the time. They
 * may come from different units, and may have others in between that concern other tables; on one table the order stays.
 * What is merged changes one row for each statement, or it does not fit, and then nobody knows which of them failed.
 */
export class Merger {
  readonly #statement: (sql: string) => SessionStatement;
  /** Whose rows mean something to other tables, or to programs on the server. */
  readonly #entangled: ReadonlySet<string>;
  readonly #forms = new Map<SessionStatement, Mergeable | undefined>();

  constructor(statement: (sql: string) => SessionStatement, entangled: ReadonlySet<string>) {
    this.#statement = statement;
    this.#entangled = entangled;
  }

  /** Nothing when there is nothing to be merged. */
  merge(calls: readonly ExpectedCall[]): MergedCalls | undefined {
    const runs: Run[] = [];
    const runOf = calls.map((call) => {
      const form = this.#formOf(call);
      const joined = form && joinable(runs, call, form);
      if (joined === undefined) runs.push({ statement: call.statement, form, keys: new Set(), params: [] });
      const index = joined ?? runs.length - 1;
      const run = runs[index]!;
      run.params.push(call.params);
      if (form?.key !== undefined) run.keys.add(call.params[form.key]!);
      return index;
    });
    if (runs.length === calls.length) return undefined;
    return new MergedCalls(
      runs,
      runOf,
      runs.map((run) => this.#callOf(run)),
    );
  }

  /** How a call can be merged. A text is sent alone until the server has told the types of its parameters. */
  #formOf({ statement, expectRows }: ExpectedCall): Mergeable | undefined {
    if (statement.types === undefined) return undefined;
    if (!this.#forms.has(statement)) this.#forms.set(statement, this.#read(statement));
    const form = this.#forms.get(statement);
    return expectRows === 1 || (expectRows === -1 && form?.key === undefined) ? form : undefined;
  }

  #read({ text, types }: SessionStatement): Mergeable | undefined {
    const form = mergeable(text);
    if (form === undefined || this.#entangled.has(form.table)) return undefined;
    return types!.length > 0 && types!.every((type) => typeNames.has(type)) ? form : undefined;
  }

  #callOf({ statement, form, params }: Run): Call {
    if (params.length === 1) return { statement, params: params[0]! };
    const types = statement.types!.map((type) => typeNames.get(type)!);
    const arrays = types.map((_, index) => arrayToWire(params, index));
    return { statement: this.#statement(form!.many(types)), params: arrays };
  }
}

/** The newest run of the same text, when nothing came after it that concerns its table, or may concern any. */
function joinable(runs: readonly Run[], { statement, params }: Call, { table, key }: Mergeable): number | undefined {
  for (let index = runs.length - 1; index >= 0; index--) {
    const run = runs[index]!;
    if (run.statement === statement) return key === undefined || !run.keys.has(params[key]!) ? index : undefined;
    if (run.form === undefined || run.form.table === table) return undefined;
  }
  return undefined;
}

/** What is sent for the statements of some units. */
export class MergedCalls {
  readonly calls: readonly Call[];
  readonly #runs: readonly Run[];
  readonly #runOf: readonly number[];

  constructor(runs: readonly Run[], runOf: readonly number[], calls: readonly Call[]) {
    this.#runs = runs;
    this.#runOf = runOf;
    this.calls = calls;
  }

  /** What each statement did, from what each call did; nothing when a call does not tell. */
  resultsOf(results: readonly CallResult[]): CallResult[] | undefined {
    if (!this.#runs.every((run, index) => run.params.length === 1 || fits(run, results[index]!))) return undefined;
    return this.#runOf.map((index) => (this.#runs[index]!.params.length === 1 ? results[index]! : oneRow));
  }
}

function fits({ form, params }: Run, { changes, rows }: CallResult): boolean {
  if (form!.key === undefined) return changes === params.length;
  return rows?.[0]?.['rows'] === params.length && rows[0]['keys'] === params.length;
}
