import { ReeveError, type Span } from '@reeve/kernel';
import type { BoundStatement, Database, EventRecord, StatementResult, Unit, UnitOutcome } from '../database/port.ts';

/** A database in which the commit of a unit that belongs to a trace is a span of it: from the queue to the disk. */
export class TracedDatabase implements Database {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async commit(unit: Unit): Promise<readonly StatementResult[]> {
    const [outcome] = await this.commitEach([unit]);
    if (outcome instanceof Error) throw outcome;
    return outcome!;
  }

  async commitEach(units: readonly Unit[]): Promise<readonly UnitOutcome[]> {
    const spans = units.map((unit) => this.#begin(unit));
    const outcomes = await this.#database.commitEach(units);
    for (let index = 0; index < spans.length; index++) this.#end(spans[index], outcomes[index]!);
    return outcomes;
  }

  read<R>(statement: BoundStatement): Promise<R[]> {
    return this.#database.read(statement);
  }

  unsealed(stored: string, place: string): string {
    return this.#database.unsealed(stored, place);
  }

  onEvents(listener: (events: readonly EventRecord[]) => void): () => void {
    return this.#database.onEvents(listener);
  }

  status(): ReturnType<Database['status']> {
    return this.#database.status();
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#database[Symbol.asyncDispose]();
  }

  #begin({ span }: Unit): Span | undefined {
    if (span === undefined) return undefined;
    const system = this.#database.status().kind === 'sqlite' ? 'sqlite' : 'postgresql';
    return span.child('database.commit', 'client', { 'db.system.name': system });
  }

  #end(span: Span | undefined, outcome: UnitOutcome): void {
    if (span === undefined) return;
    if (outcome instanceof Error) return span.end(outcome instanceof ReeveError ? outcome.code : 'internal');
    const { commits, lastCommitMs } = this.#database.status();
    span.add({
      'db.operation.batch.size': outcome.length,
      'reeve.group': commits,
      'reeve.group.write_ms': lastCommitMs,
    });
    span.end();
  }
}
