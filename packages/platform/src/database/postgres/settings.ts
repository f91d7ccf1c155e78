import { defaultGroupLimits, type GroupLimits } from '../group/limits.ts';

/** Connections that read. One more writes, and holds the lock on the database. */
export interface PoolSettings {
  /** As many stay open when nobody needs them. */
  readonly min: number;
  readonly max: number;
  /** How long a query waits for a connection when all are taken, or for a new one to be made. */
  readonly acquireTimeoutMs: number;
  /** A connection beyond `min` is closed after being idle for this long. */
  readonly idleTimeoutMs: number;
  /** A connection is closed at this age, however busy: its server may have gone behind a load balancer. */
  readonly lifetimeMs: number;
}

export interface PostgresSettings {
  readonly pool: PoolSettings;
  /** Time for one statement, on the server; an answer that takes a second longer ends the connection. */
  readonly statementTimeoutMs: number;
  /** How long the start waits for another process to let go of the database: one that was killed a moment ago. */
  readonly lockTimeoutMs: number;
  readonly limits: GroupLimits;
}

export const defaultPostgresSettings: PostgresSettings = {
  pool: { min: 5, max: 20, acquireTimeoutMs: 30_000, idleTimeoutMs: 300_000, lifetimeMs: 1_800_000 },
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 3_000,
  limits: { ...defaultGroupLimits, groupUnits: 1_000 },
};
