import { DatabaseError } from 'pg';
import {
  chainEndQuery,
  logEnd,
  planAppend,
  positionEndQuery,
  recordInsert,
  segmentInsert,
  type LogEnd,
} from '../group/log-end.ts';
import type { CommittedMessage, FailedMessage, GroupMessage } from '../group/messages.ts';
import type { Sealer } from '../../sealing/sealer.ts';
import type { SqlValue } from '../port.ts';
import type { Call, PipelineAnswer } from './pipeline.ts';
import { Merger } from './merger.ts';
import { messageOf, storageReason } from './postgres-failure.ts';
import { unitsOf, UnitsRun } from './units-run.ts';
import type { WriterSession } from './writer-session.ts';

/** A group whose COMMIT was sent and not answered. The end of the logs tells later whether it was kept. */
export interface UnsettledGroup {
  readonly kind: 'unsettled';
  readonly reason: string;
  /** The answer, if it was kept. */
  readonly committed: CommittedMessage;
  /** End of the logs if it was kept; if not, it is another. */
  readonly end: LogEnd;
}

const probeUpsert = `INSERT INTO platform_state (key, value) VALUES ('probe', ?)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

/**
 * Whatever is written is found by a key. A plan that was made while a table was small, and is kept, must not go through
 * all of it when it is large. What has no index all the same counts as dear then, and must not be compiled for that.
 */
const pointwise = `SELECT set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),
  set_config('enable_mergejoin', 'off', false), set_config('jit', 'off', false)`;
/** References to other tables are triggers too, on both ends. */
const entangledTables = 'SELECT relname::text FROM pg_class WHERE relhastriggers OR relhasrules';

/** Commits groups of units on one connection, in two trips: the units, then what they leave to append and the COMMIT. */
export class GroupCommitter {
  readonly #session: WriterSession;
  readonly #sealer: Sealer | undefined;
  readonly #textOf: (id: number) => string;
  #merger: Merger | undefined;
  /** End of the logs as committed; unknown after a failure, and then read again. */
  #end: LogEnd | undefined;

  constructor(session: WriterSession, sealer: Sealer | undefined, textOf: (id: number) => string) {
    this.#session = session;
    this.#sealer = sealer;
    this.#textOf = textOf;
  }

  async newestPosition(): Promise<number> {
    return (this.#end ??= await this.#readEnd()).position;
  }

  /** Whether a group was kept that another connection sent; that one has ended, and nobody else has written. */
  async keeps({ end }: UnsettledGroup): Promise<boolean> {
    const { position, sequence } = (this.#end ??= await this.#readEnd());
    return position === end.position && sequence === end.sequence;
  }

  async commit(message: GroupMessage): Promise<CommittedMessage | FailedMessage | UnsettledGroup> {
    const startedAt = performance.now();
    try {
      const end = (this.#end ??= await this.#readEnd());
      const units = unitsOf(message, this.#sealed(message), (id) => this.#session.statement(this.#textOf(id)));
      const run = new UnitsRun(this.#session, (this.#merger ??= await this.#newMerger()), units);
      const { changes, rows, failures, entries } = await run.run();
      const { segment, records, end: newEnd } = planAppend(end, entries, message.atMs);
      const appends = [
        ...(segment ? [this.#call(segmentInsert, segment)] : []),
        ...records.map((record) => this.#call(recordInsert, record)),
      ];
      const answer = await this.#session.run([...run.pending, ...appends, this.#call('COMMIT')]);
      const committed: CommittedMessage = {
        kind: 'committed',
        group: message.group,
        changes,
        rows,
        failures,
        firstPosition: end.position + 1,
        lastPosition: newEnd.position,
        durationMs: performance.now() - startedAt,
      };
      if (answer.error === undefined) {
        this.#end = newEnd;
        return committed;
      }
      const failed = await this.#failed(message, answer.error, mayHaveCommitted(answer));
      const leavesTrace = newEnd.position > end.position || newEnd.sequence > end.sequence;
      if (!failed.uncertain || !leavesTrace) return failed;
      return { kind: 'unsettled', reason: failed.reason, committed, end: newEnd };
    } catch (error) {
      return this.#failed(message, error, false);
    }
  }

  /** Writes and commits something of no meaning: whether the server stores. @throws why it does not. */
  async probe(atMs: number): Promise<void> {
    this.#end = undefined;
    const { error } = await this.#session.run([this.#call(probeUpsert, [String(atMs)])]);
    if (error !== undefined) throw error;
  }

  async #failed(message: GroupMessage, error: unknown, uncertain: boolean): Promise<FailedMessage> {
    this.#end = undefined;
    await this.#session.run([this.#call('ROLLBACK')]); // a lost connection has rolled back by itself
    const reason = storageReason(error) ?? messageOf(error);
    return { kind: 'failed', group: message.group, uncertain, reason };
  }

  async #readEnd(): Promise<LogEnd> {
    const answer = await this.#session.run([this.#call(positionEndQuery), this.#call(chainEndQuery)]);
    if (answer.error !== undefined) throw answer.error;
    const [position, chain] = answer.results.map(({ rows }) => rows?.[0]) as [
      { position: number | null },
      { sequence: number; hash: string } | undefined,
    ];
    return logEnd(position.position, chain);
  }

  async #newMerger(): Promise<Merger> {
    const { results, error } = await this.#session.run([this.#call(pointwise), this.#call(entangledTables)]);
    if (error !== undefined) throw error;
    const names = results[1]!.rows!.map(({ relname }) => relname as string);
    return new Merger((sql) => this.#session.statement(sql), new Set(names));
  }

  #sealed({ params, seals }: GroupMessage): readonly SqlValue[] {
    if (seals.length === 0) return params;
    const values = params.slice();
    for (let seal = 0; seal < seals.length; seal += 2) {
      const [index, place] = [seals[seal] as number, seals[seal + 1] as string];
      values[index] = this.#sealer!.seal(values[index] as string, place);
    }
    return values;
  }

  #call(sql: string, params: readonly SqlValue[] = []): Call {
    return { statement: this.#session.statement(sql), params };
  }
}

/** Only the server's own answer says that it did not; when the connection is lost, the COMMIT may have arrived. */
function mayHaveCommitted({ error }: PipelineAnswer): boolean {
  return !(error instanceof DatabaseError) || error.severity !== 'ERROR';
}
