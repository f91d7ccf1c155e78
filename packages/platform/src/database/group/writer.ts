import type { BoundStatement, ReaderStatus, Row } from '../port.ts';
import type { FromWriter, GroupMessage, StatementText } from './messages.ts';

/** What a writer is asked for; everything is answered in the order in which it was sent. */
export type ToWriter =
  { readonly kind: 'statement'; readonly statement: StatementText } | GroupMessage | { readonly kind: 'probe' };

/** What carries groups out, one after the other: a thread with an embedded database, or a connection to a server. */
export interface Writer {
  send(message: ToWriter): void;
  /** Answers at once what waits to be found out: the process ends, and the next one reads the record. */
  giveUp(): void;
  /** Ends it after everything that was sent before. */
  stop(): Promise<void>;
}

export interface WriterEvents {
  message(message: FromWriter): void;
  /** The writer ended by itself with what it had not answered; `restarting` tells whether another one was started. */
  died(reason: string, restarting: boolean): void;
}

/** What answers queries, from what is committed. */
export interface Reader {
  /** @throws StatementFailed, StorageUnavailable */
  read(statement: BoundStatement): Row[] | Promise<Row[]>;
  status(): ReaderStatus;
  close(): void | Promise<void>;
}
