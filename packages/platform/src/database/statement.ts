import {
  DummyDriver,
  Kysely,
  ValueNode,
  createQueryId,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type CompiledQuery,
  type Expression,
  type OperationNode,
  type QueryCompiler,
  type RootOperationNode,
} from 'kysely';
import type { BoundStatement, ParameterValue, SqlValue, Statement } from './port.ts';

/** What a package's statements are written with: a Kysely that builds queries and can run none. */
export type QueryBuilder<Schema> = Pick<
  Kysely<Schema>,
  | 'selectFrom'
  | 'insertInto'
  | 'updateTable'
  | 'deleteFrom'
  | 'with'
  | 'withRecursive'
  | 'selectNoFrom'
  | 'fn'
  | 'case'
  | 'dynamic'
>;

/** Markers for the values that `bind` puts in; a marker goes wherever Kysely takes an expression, and into `sql` texts. */
export type Parameters<Params extends object> = { readonly [Name in keyof Params]-?: Expression<Params[Name]> };

/** Any Kysely query builder or `sql` fragment. */
export interface Buildable {
  toOperationNode(): OperationNode;
}

export interface Statements<Schema> {
  /**
   * Compiles a query once; `bind` then only puts values in order.
   * @example
   * const releaseTask = statement<{ id: string; fence: number }>((db, p) =>
   *   db.updateTable('tasks').set({ state: 'queued' }).where('id', '=', p.id).where('fence', '=', p.fence));
   */
  statement<Params extends object = Record<never, never>>(
    build: (db: QueryBuilder<Schema>, p: Parameters<Params>) => Buildable,
  ): Statement<Params>;
  /** Compiles a query whose shape depends on the request, such as a list with optional filters; 20–100 µs each time. */
  compile(build: (db: QueryBuilder<Schema>) => Buildable): BoundStatement;
}

/** The statement makers of a package, typed by its own tables: `statementsFor<HubSchema>()`. */
export function statementsFor<Schema>(): Statements<Schema> {
  return { statement: (build) => prepare(build), compile: (build) => compileOnce(build) };
}

class ParameterMarker {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Writes `?` for parameters, whichever database will run it, and constants of the query as literals: a plan that is made
 * once for all values may use a partial index, such as that of the live tasks, only when it can see the constant.
 */
class StatementCompiler extends SqliteQueryCompiler {
  protected override appendValue(value: unknown): void {
    if (value instanceof ParameterMarker) super.appendValue(value);
    else this.appendImmediateValue(value);
  }
}

const builder = new Kysely<never>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

function compileWith<Schema, Params extends object>(
  compiler: QueryCompiler,
  build: (db: QueryBuilder<Schema>, p: Parameters<Params>) => Buildable,
): CompiledQuery {
  const query = build(builder as unknown as QueryBuilder<Schema>, markers as Parameters<Params>);
  return compiler.compileQuery(query.toOperationNode() as RootOperationNode, createQueryId());
}

const markers: object = new Proxy({}, { get: (_, name) => markerExpression(String(name)) });

function markerExpression(name: string): Expression<unknown> {
  const node = ValueNode.create(new ParameterMarker(name));
  return { expressionType: undefined, toOperationNode: () => node } as unknown as Expression<unknown>;
}

function prepare<Schema, Params extends object>(
  build: (db: QueryBuilder<Schema>, p: Parameters<Params>) => Buildable,
): Statement<Params> {
  const { sql, parameters } = compileWith(new StatementCompiler(), build);
  const names = (parameters as readonly ParameterMarker[]).map(({ name }) => name);
  return {
    sql,
    bind: (params) => ({ sql, params: bindValues(sql, names, params) }),
    bindExpecting: (expectRows, params) => ({ sql, params: bindValues(sql, names, params), expectRows }),
  };
}

function bindValues(sql: string, names: readonly string[], params: object): ParameterValue[] {
  return names.map((name) => {
    const value = (params as Record<string, ParameterValue | undefined>)[name];
    if (value === undefined) throw new TypeError(`parameter ${name} is missing for: ${sql}`);
    return value;
  });
}

function compileOnce<Schema>(build: (db: QueryBuilder<Schema>) => Buildable): BoundStatement {
  const { sql, parameters } = compileWith<Schema, Record<never, never>>(new SqliteQueryCompiler(), build);
  const marker = parameters.find((parameter) => parameter instanceof ParameterMarker);
  if (marker !== undefined) throw new TypeError(`a query compiled with its values cannot have parameters: ${sql}`);
  return { sql, params: parameters as readonly SqlValue[] };
}
