import type { Clock } from '@reeve/kernel';
import type { Database, Lifecycle, Logger, SealedFiles } from '@reeve/platform';
import type { Backoff } from './api/task.ts';
import type { BreakerSettings } from './domain/breaker.ts';
import type { ProficiencySettings } from './domain/proficiency.ts';
import type { RetryBudgetSettings } from './domain/retry-budget.ts';
import type { TenantTermsSettings } from './domain/tenant-terms.ts';
import type { HubMetrics } from './metrics.ts';

/** What configuration decides about the hub. */
export interface HubSettings {
  /** How long an agent may be silent before its leases end. */
  readonly leaseTtlMs: number;
  /** How often agents are asked to be heard from; well below the time-to-live. */
  readonly heartbeatMs: number;
  /** Tasks that may be live at once; further ones are refused with `overloaded`. */
  readonly maxLiveTasks: number;
  /** How much longer a task has waited to count as much as one of the next higher priority, within its tenant. */
  readonly ageingMs: number;
  /** Shares of `maxLiveTasks` above which low work waits for other work, and above which it is refused. */
  readonly deferLowAt: number;
  readonly shedLowAt: number;
  /** When an agent that fails gets no work, and for how long. */
  readonly breaker: BreakerSettings;
  readonly proficiency: ProficiencySettings;
  readonly tenants: TenantTermsSettings;
  /** Memory for copies of waiting inputs; beyond it they are read from the database when they are handed over. */
  readonly inputMemoryBytes: number;
  readonly defaultTimeoutMs: number;
  readonly defaultMaxAttempts: number;
  /** How tasks that do not say otherwise are tried again. */
  readonly retry: Backoff;
  /** How much of what somebody waits for is tried again. */
  readonly retryBudget: RetryBudgetSettings;
  /** Largest input of a task, as JSON text in UTF-8. */
  readonly inputLimitBytes: number;
  /** Items of the first chunks of a map that does not say otherwise. */
  readonly mapInitialChunkItems: number;
  /** How long a chunk of a map should take, if the map does not say otherwise. */
  readonly mapTargetChunkMs: number;
  /** Largest blob. */
  readonly blobLimitBytes: number;
  /** How long a blob is kept after its last use. */
  readonly blobRetentionMs: number;
}

/** Everything the hub needs from outside. */
export interface HubComponents {
  readonly database: Database;
  /** Where the contents of blobs are. */
  readonly files: SealedFiles;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly metrics: HubMetrics;
  readonly settings: HubSettings;
  /** In [0, 1): jitter of retries. */
  readonly random: () => number;
}
