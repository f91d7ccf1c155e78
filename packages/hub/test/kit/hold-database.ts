import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import type { HubUnderTest } from './start-hub.ts';

/**
 * Locks the hub's database as another process would: nothing is committed until it is let go, and what waits longer
 * than the hub's `busyTimeoutMs` fails.
 * @returns lets go; calling it again does nothing.
 */
export function holdDatabase({ databasePath }: Pick<HubUnderTest, 'databasePath'>): () => void {
  const other = new DatabaseSync(databasePath, { timeout: 5_000 });
  other.exec('BEGIN IMMEDIATE');
  const letGo = (): void => {
    if (!other.isOpen) return;
    other.exec('ROLLBACK');
    other.close();
  };
  onTestFinished(letGo);
  return letGo;
}
