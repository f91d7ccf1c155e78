import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { connectTo } from '../../../../tests/house/postgres.ts';
import type { HubUnderTest } from './start-hub.ts';

/**
 * Locks the hub's database as another process would: nothing is committed until it is let go, and what waits longer
 * than the hub's `busyTimeoutMs` fails.
 * @returns lets go; calling it again does nothing.
 */
export async function holdDatabase({ databaseUrl }: Pick<HubUnderTest, 'databaseUrl'>): Promise<() => void> {
  const letGo = await (databaseUrl.startsWith('postgres') ? holdServer(databaseUrl) : holdFile(databaseUrl));
  onTestFinished(letGo);
  return letGo;
}

function holdFile(path: string): () => void {
  const other = new DatabaseSync(path, { timeout: 5_000 });
  other.exec('BEGIN IMMEDIATE');
  return () => {
    if (!other.isOpen) return;
    other.exec('ROLLBACK');
    other.close();
  };
}

/** All tables, those that a probe writes among them: one that succeeds would say that the database is writable. */
async function holdServer(url: string): Promise<() => void> {
  const other = await connectTo(url);
  const { rows } = await other.query<{ all: string }>(
    `SELECT string_agg(quote_ident(tablename), ', ') AS all FROM pg_tables WHERE schemaname = 'public'`,
  );
  await other.query(`BEGIN; LOCK TABLE ${rows[0]!.all} IN EXCLUSIVE MODE`);
  let ended: Promise<void> | undefined;
  return () => void (ended ??= other.end());
}
