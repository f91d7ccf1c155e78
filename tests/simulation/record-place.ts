import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PostgresCluster } from '../house/postgres.ts';

const epochQuery = `SELECT value FROM hub_state WHERE name = 'epoch'`;

/** Where the hub of a simulation keeps its record. */
export interface RecordPlace {
  /** What a hub is told of it. */
  readonly settings: Readonly<Record<string, string>>;
  /** Number of the newest start of the hub that got as far as counting itself; 0 when none did. */
  epoch(home: string): Promise<number>;
  /** When nothing is to be looked at any more. */
  remove(): Promise<void>;
}

/** In its home folder. */
export const inFile: RecordPlace = {
  settings: {},
  async epoch(home) {
    const path = join(home, 'reeve.db');
    if (!existsSync(path)) return 0;
    using db = new DatabaseSync(path, { readOnly: true });
    const known = db.prepare("SELECT name FROM sqlite_master WHERE name = 'hub_state'").get();
    if (!known) return 0;
    return (db.prepare(epochQuery).get()?.['value'] ?? 0) as number;
  },
  remove: async () => {}, // it goes with the home
};

/** In a database of its own on a server. */
export async function onServer(cluster: PostgresCluster): Promise<RecordPlace> {
  const url = await cluster.createDatabase();
  const database = new URL(url).pathname.slice(1);
  return {
    settings: { DATABASE_URL: url },
    async epoch() {
      const [table] = await cluster.execute(`SELECT to_regclass('hub_state')::text AS name`, database);
      if (table?.['name'] === null) return 0;
      const [row] = await cluster.execute(epochQuery, database);
      return Number(row?.['value'] ?? 0);
    },
    async remove() {
      // Connections of a process that was killed may still be there.
      await cluster.execute(`DROP DATABASE ${database} WITH (FORCE)`);
    },
  };
}
