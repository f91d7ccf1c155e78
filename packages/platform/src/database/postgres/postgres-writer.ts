import type { Clock } from '@reeve/kernel';
import type { Sealer } from '../../sealing/sealer.ts';
import type { GroupMessage } from '../group/messages.ts';
import type { ToWriter, Writer, WriterEvents } from '../group/writer.ts';
import { GroupCommitter, type UnsettledGroup } from './group-committer.ts';
import { messageOf, storageReason } from './postgres-failure.ts';
import type { WriterEpoch } from './writer-epoch.ts';
import type { WriterSession } from './writer-session.ts';

export interface PostgresWriterParts {
  readonly clock: Clock;
  /** Connects and takes the lock. */
  connect(onLost: (error: Error) => void): Promise<WriterSession>;
  readonly epoch: WriterEpoch;
  readonly sealer: Sealer | undefined;
}

/**
 * Does one thing after the other on the connection that writes. When that is lost nothing is written until a probe has
 * made another, with the lock, and has found that no other process wrote in between.
 *
 * When it is lost while a COMMIT is under way, the answer to that group waits until the record has told whether it was
 * kept: whoever asked would otherwise hold one thing for true and the record another, until the process starts anew.
 */
export class PostgresWriter implements Writer {
  readonly #parts: PostgresWriterParts;
  readonly #events: WriterEvents;
  readonly #texts = new Map<number, string>();
  #session: WriterSession | undefined;
  #committer: GroupCommitter | undefined;
  #unsettled: UnsettledGroup | undefined;
  /** Groups that were sent after it: answers keep the order of the groups. */
  readonly #behind: number[] = [];
  #last: Promise<void> = Promise.resolve();
  #givenUp = false;
  #stopped = false;

  constructor(parts: PostgresWriterParts, events: WriterEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Takes over the connection that was made at the start. */
  begin(session: WriterSession): void {
    this.#use(session);
    this.#then(async () => {
      try {
        this.#events.message({ kind: 'ready', newestPosition: await this.#committer!.newestPosition() });
      } catch (error) {
        this.#events.died(reasonOf(error), false);
      }
    });
  }

  send(message: ToWriter): void {
    switch (message.kind) {
      case 'statement':
        return void this.#texts.set(...message.statement);
      case 'group':
        return this.#then(() => this.#commit(message));
      case 'probe':
        return this.#then(() => this.#probe());
    }
  }

  giveUp(): void {
    this.#givenUp = true;
    this.#then(async () => {
      if (this.#unsettled) this.#settle(this.#unsettled, undefined);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#last;
    await this.#session?.close();
  }

  /** The connection was lost while nothing was under way. */
  lost(error: Error): void {
    if (!this.#stopped) this.#events.message({ kind: 'lost', reason: `the connection was lost: ${error.message}` });
  }

  #then(act: () => Promise<void>): void {
    this.#last = this.#last.then(act);
  }

  #use(session: WriterSession): void {
    this.#session = session;
    this.#committer = new GroupCommitter(session, this.#parts.sealer, (id) => this.#texts.get(id)!);
  }

  async #commit(message: GroupMessage): Promise<void> {
    if (this.#unsettled) return void this.#behind.push(message.group);
    const outcome = await this.#committer!.commit(message);
    if (outcome.kind !== 'unsettled') return this.#events.message(outcome);
    if (this.#givenUp) return this.#settle(outcome, undefined);
    this.#unsettled = outcome;
    this.#events.message({ kind: 'lost', reason: outcome.reason });
  }

  /** @param kept undefined when that cannot be found out any more. */
  #settle({ committed, reason }: UnsettledGroup, kept: boolean | undefined): void {
    this.#unsettled = undefined;
    const { group } = committed;
    this.#events.message(kept ? committed : { kind: 'failed', group, uncertain: kept === undefined, reason });
    for (const after of this.#behind.splice(0))
      this.#events.message({ kind: 'failed', group: after, uncertain: false, reason });
  }

  async #probe(): Promise<void> {
    if (this.#stopped) return;
    try {
      if (this.#session!.isLost) await this.#reconnect();
      await this.#committer!.probe(this.#parts.clock.nowMs());
      if (this.#unsettled) this.#settle(this.#unsettled, await this.#committer!.keeps(this.#unsettled));
      this.#events.message({ kind: 'probed', newestPosition: await this.#committer!.newestPosition() });
    } catch (error) {
      this.#events.message({ kind: 'probed', reason: reasonOf(error) });
    }
  }

  async #reconnect(): Promise<void> {
    const session = await this.#parts.connect((error) => this.lost(error));
    try {
      await this.#parts.epoch.assertUnchanged(session.client);
      this.#use(session);
    } catch (error) {
      await session.close();
      throw error;
    }
  }
}

function reasonOf(error: unknown): string {
  return storageReason(error) ?? messageOf(error);
}
