import {
  DummyDriver,
  Kysely,
  ValueNode,
  createQueryId,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
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

/** A query as text, with what goes into each placeholder: a constant of the query, or the value of a named parameter. */
export interface StatementTemplate {
  readonly sql: string;
  readonly slots: ReadonlyArray<ParameterMarker | SqlValue>;
}

const builder = new Kysely<never>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

/** The compiler is a parameter so that the same builder serves another dialect; the order of the slots is the text's own. */
export function compileTemplate<Schema, Params extends object>(
  build: (db: QueryBuilder<Schema>, p: Parameters<Params>) => Buildable,
  compiler: QueryCompiler,
): StatementTemplate {
  const query = build(builder as unknown as QueryBuilder<Schema>, markers as Parameters<Params>);
  const compiled = compiler.compileQuery(query.toOperationNode() as RootOperationNode, createQueryId());
  return { sql: compiled.sql, slots: compiled.parameters as StatementTemplate['slots'] };
}

const markers: object = new Proxy({}, { get: (_, name) => markerExpression(String(name)) });

function markerExpression(name: string): Expression<unknown> {
  const node = ValueNode.create(new ParameterMarker(name));
  return { expressionType: undefined, toOperationNode: () => node } as unknown as Expression<unknown>;
}

function prepare<Schema, Params extends object>(
  build: (db: QueryBuilder<Schema>, p: Parameters<Params>) => Buildable,
): Statement<Params> {
  const { sql, slots } = compileTemplate(build, new SqliteQueryCompiler());
  const names = slots.map((slot) => (slot instanceof ParameterMarker ? slot.name : undefined));
  const constants = slots.map((slot) => (slot instanceof ParameterMarker ? null : slot));
  return { sql, bind: (params) => ({ sql, params: bindValues(sql, names, constants, params) }) };
}

function bindValues(
  sql: string,
  names: ReadonlyArray<string | undefined>,
  constants: readonly SqlValue[],
  params: object,
): ParameterValue[] {
  const values: ParameterValue[] = constants.slice();
  for (let slot = 0; slot < names.length; slot++) {
    const name = names[slot];
    if (name === undefined) continue;
    const value = (params as Record<string, ParameterValue | undefined>)[name];
    if (value === undefined) throw new TypeError(`parameter ${name} is missing for: ${sql}`);
    values[slot] = value;
  }
  return values;
}

function compileOnce<Schema>(build: (db: QueryBuilder<Schema>) => Buildable): BoundStatement {
  const { sql, slots } = compileTemplate<Schema, Record<never, never>>(build, new SqliteQueryCompiler());
  const marker = slots.find((slot) => slot instanceof ParameterMarker);
  if (marker !== undefined) throw new TypeError(`a query compiled with its values cannot have parameters: ${sql}`);
  return { sql, params: slots as readonly SqlValue[] };
}
