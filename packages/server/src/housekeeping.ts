import type { Hub } from '@reeve/hub';
import type { Clock } from '@reeve/kernel';
import { pruneEvents, type Database, type Lifecycle, type Logger } from '@reeve/platform';

const everyMs = 10 * 60_000;

export interface HousekeepingParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly eventRetentionMs: number;
  readonly hub: Pick<Hub, 'removeOldBlobs'>;
}

/** Removes, every ten minutes, what has been kept for long enough. A failure is logged, and the next round tries again. */
export function keepHouse({ database, clock, log, lifecycle, eventRetentionMs, hub }: HousekeepingParts): void {
  const tidy = async (): Promise<void> => {
    const removed = await pruneEvents(database, clock.nowMs() - eventRetentionMs, lifecycle.stopping);
    if (removed > 0) log.info({ removed }, 'old events removed');
    const blobs = await hub.removeOldBlobs(lifecycle.stopping);
    if (blobs > 0) log.info({ blobs }, 'blobs that nothing uses removed');
  };
  const timer = setInterval(() => {
    tidy().catch((error: unknown) => {
      if (!lifecycle.stopping.aborted) log.warn({ err: error }, 'what is old could not be removed');
    });
  }, everyMs);
  timer.unref();
  lifecycle.onStop('work', 'housekeeping', () => clearInterval(timer));
}
