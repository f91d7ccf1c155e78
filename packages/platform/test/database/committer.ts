import { writeSync } from 'node:fs';
import { openSqlite, platformMigrations, statementsFor, type Migration } from '../../src/database/index.ts';

// Commits units without end, or as many as told, and writes a line to the standard output before and after each one:
// `request <id>`, `ack <id>`. Written with write(2) directly, so that a trace shows them in their true order.
// Run by the tests as a process of its own, to be killed and traced.

export interface CommitterOptions {
  readonly path: string;
  /** Units that are not yet acknowledged at any time. */
  readonly inFlight: number;
  /** Stops by itself after so many; without, only a signal ends it. */
  readonly units?: number;
  readonly prefix?: string;
  readonly synchronous?: 'full' | 'off';
}

const table: Migration = {
  package: 'committer',
  number: 1,
  name: 'kept',
  up: ['CREATE TABLE kept (id TEXT PRIMARY KEY, round TEXT NOT NULL) STRICT'],
};
const insert = statementsFor<{ kept: { id: string; round: string } }>().statement<{ id: string; round: string }>(
  (db, p) => db.insertInto('kept').values({ id: p.id, round: p.round }),
);

const options = JSON.parse(process.argv[2]!) as CommitterOptions;
const { path, inFlight, units = Infinity, prefix = 'u', synchronous = 'full' } = options;
const db = await openSqlite({ path, synchronous, migrations: [...platformMigrations, table] });
let next = 0;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

async function commitOne(id: string): Promise<void> {
  say(`request ${id}`);
  await db.commit({
    statements: [insert.bind({ id, round: prefix }), insert.bind({ id: `${id}/twin`, round: prefix })],
    events: [{ type: 'kept', tenant: 'acme', subject: id, data: null }],
    audit: [
      {
        actor: 'key:1',
        tenant: 'acme',
        operation: 'rows.keep',
        outcome: 'done',
        target: id,
        correlationId: id,
        details: {},
      },
    ],
  });
  say(`ack ${id}`);
}

async function commitInTurn(): Promise<void> {
  while (next < units) await commitOne(`${prefix}${next++}`);
}

say('ready');
await Promise.all(Array.from({ length: inFlight }, commitInTurn));
await db.close();
