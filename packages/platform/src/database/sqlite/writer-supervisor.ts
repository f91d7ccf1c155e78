import type { StatementText } from '../group/messages.ts';
import type { ToWriter, Writer, WriterEvents } from '../group/writer.ts';
import type { WriterSettings } from './wire.ts';
import { startWriterThread, type WriterThread } from './writer-thread.ts';

/** A second death within this time is no accident. */
const steadyMs = 60_000;

/** Keeps one writer thread alive: one that dies is started again once; when that dies soon as well, it stays dead. */
export class WriterSupervisor implements Writer {
  readonly #settings: WriterSettings;
  readonly #events: WriterEvents;
  readonly #statements: () => StatementText[];
  readonly #monotonicMs: () => number;
  #thread: WriterThread | undefined;
  #restartedMs: number | undefined;
  #stopping = false;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(
    settings: WriterSettings,
    statements: () => StatementText[],
    monotonicMs: () => number,
    events: WriterEvents,
  ) {
    this.#settings = settings;
    this.#statements = statements;
    this.#monotonicMs = monotonicMs;
    this.#events = events;
    this.#start();
  }

  send(message: ToWriter): void {
    this.#thread?.send(message);
  }

  /** The thread answers everything, or dies. */
  giveUp(): void {}

  /** Asks the thread to end; resolves when it has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#thread === undefined) return;
    this.#thread.send({ kind: 'close' });
    await this.#stopped.promise;
  }

  #start(): void {
    const settings = { ...this.#settings, statements: this.#statements() };
    this.#thread = startWriterThread(settings, {
      message: (message) => this.#events.message(message),
      ended: (reason) => this.#ended(reason),
    });
  }

  #ended(reason: string): void {
    this.#thread = undefined;
    if (this.#stopping) return this.#stopped.resolve();
    const nowMs = this.#monotonicMs();
    const restarting = this.#restartedMs === undefined || nowMs - this.#restartedMs > steadyMs;
    this.#restartedMs = nowMs;
    if (restarting) this.#start();
    this.#events.died(reason, restarting);
  }
}
