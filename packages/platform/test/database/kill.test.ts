import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { verifyAudit } from '../../src/audit/index.ts';
import { openSqlite, type GroupDatabase } from '../../src/database/index.ts';
import { readEvents } from '../../src/events/index.ts';
import { startCommitter } from './committer-process.ts';
import { committerMigrations } from './committer-tables.ts';
import { temporaryFolder } from './temporary-database.ts';

describe('kill -9 in the middle of commits', () => {
  test('[HB-08] nothing acknowledged is lost, no unit is there by half, logs have no gaps', async () => {
    await killRounds([1, 2, 3, 4]);
  });

  test('[HB-08] the same, many times over', { ...needs('minutes'), timeout: 600_000 }, async () => {
    await killRounds(Array.from({ length: 100 }, (_, round) => round));
  });
});

/** One database, killed again and again: after each kill everything acknowledged so far must be there. */
async function killRounds(rounds: readonly number[]): Promise<void> {
  const path = join(temporaryFolder(), 'reeve.db');
  const acknowledged: string[] = [];
  for (const round of rounds) {
    const inFlight = [1, 64, 700, 3][round % 4]!;
    const committer = await startCommitter({ path, inFlight, prefix: `r${round}-` });
    await committer.acknowledgements(inFlight + ((round * 37) % 200));
    await committer.kill();
    acknowledged.push(...committer.acknowledged);
    const db = await openSqlite({ path, migrations: committerMigrations });
    await expectWhole(db, acknowledged);
    await db.close();
  }
}

async function expectWhole(db: GroupDatabase, acknowledged: readonly string[]): Promise<void> {
  const rows = await db.read<{ id: string }>({ sql: 'SELECT id FROM kept', params: [] });
  const kept = new Set(rows.map(({ id }) => id));
  expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
  const halves = [...kept].filter((id) => !kept.has(id.endsWith('/twin') ? id.slice(0, -5) : `${id}/twin`));
  expect(halves).toEqual([]);
  expect(await eventCount(db)).toBe(kept.size / 2);
  expect(await verifyAudit(db)).toMatchObject({ ok: true, records: kept.size / 2 });
}

/** Reads the whole log; throws where it has a gap. */
async function eventCount(db: GroupDatabase): Promise<number> {
  let after = 0;
  for (;;) {
    const { events } = await readEvents(db, { after, limit: 1_000 });
    if (events.length === 0) return after;
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => after + 1 + index));
    after += events.length;
  }
}
