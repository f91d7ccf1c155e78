/** Bounds of the store; the defaults fit one machine that does other work too. */
export interface SqliteLimits {
  /** Units in one commit: bounds how long a unit waits for those that share its commit. */
  readonly groupUnits: number;
  /** Characters and bytes in one commit. */
  readonly groupBytes: number;
  /** Units that may wait; more are refused with `Overloaded`. */
  readonly queuedUnits: number;
  /** Characters and bytes that may wait. */
  readonly queuedBytes: number;
  /** How long the writer waits for another process's lock before a group is given up. */
  readonly busyTimeoutMs: number;
  /** Page cache of the writer, and of the reader. */
  readonly cacheBytes: number;
  /** Pages in the write-ahead log from which they are copied into the database file. */
  readonly checkpointPages: number;
}

export const defaultLimits: SqliteLimits = {
  groupUnits: 500,
  groupBytes: 8 * 2 ** 20,
  queuedUnits: 50_000,
  queuedBytes: 128 * 2 ** 20,
  busyTimeoutMs: 2_000,
  cacheBytes: 16 * 2 ** 20,
  checkpointPages: 2_000,
};
