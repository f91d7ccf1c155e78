import type { KeyObject } from 'node:crypto';
import type { StatementText } from '../group/messages.ts';
import type { ToWriter } from '../group/writer.ts';

/** What the writer thread is started with; must survive a structured clone. */
export interface WriterSettings {
  readonly path: string;
  /** How long a statement waits for another process's lock before the group is given up. */
  readonly busyTimeoutMs: number;
  readonly cacheBytes: number;
  /** Pages in the write-ahead log from which they are copied into the database file, between two groups. */
  readonly checkpointPages: number;
  /** Only for the proof that the sync test can fail, and for throw-away databases. */
  readonly synchronous: 'full' | 'off';
  /** Statement texts already known to the calling side: after a restart of the thread. */
  readonly statements: readonly StatementText[];
  /** Under which key texts are sealed; without one nothing is sent that is to be. */
  readonly sealUnder?: { readonly id: string; readonly key: KeyObject } | undefined;
}

export type ToThread = ToWriter | { readonly kind: 'close' };
