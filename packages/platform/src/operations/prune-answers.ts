import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@reeve/kernel';
import type { Database } from '../database/port.ts';
import { pruneAnswers } from './store/idempotency-records.ts';

/** Records deleted in one unit, so that no commit grows long. */
const recordsPerUnit = 500;

/** Deletes the answers whose time is over, in small units between which other work commits. @returns how many. */
export async function pruneExpiredAnswers(database: Database, clock: Clock, signal?: AbortSignal): Promise<number> {
  let pruned = 0;
  while (!signal?.aborted) {
    const [result] = await database.commit({ statements: [pruneAnswers(clock.nowMs(), recordsPerUnit)] });
    const changes = result?.changes ?? 0;
    pruned += changes;
    if (changes < recordsPerUnit) break;
    await setImmediate();
  }
  return pruned;
}
