import { defaultGroupLimits, type GroupLimits } from '../group/limits.ts';

/** Bounds of the embedded database. */
export interface SqliteLimits extends GroupLimits {
  /** How long the writer waits for another process's lock before a group is given up. */
  readonly busyTimeoutMs: number;
  /** Page cache of the writer, and of the reader. */
  readonly cacheBytes: number;
  /** Pages in the write-ahead log from which they are copied into the database file. */
  readonly checkpointPages: number;
}

export const defaultLimits: SqliteLimits = {
  ...defaultGroupLimits,
  busyTimeoutMs: 2_000,
  cacheBytes: 16 * 2 ** 20,
  checkpointPages: 2_000,
};
