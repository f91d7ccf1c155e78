import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { ReeveError } from '@reeve/kernel';
import { openSqlite, statementsFor, type Unit } from '../../src/database/index.ts';
import { committerMigrations } from './committer-tables.ts';

// Commits units without end, or as many as told, and writes a line to the standard output before and after each one:
// `request <id>`, then `ack <id>` or `reject <id> <code>`. Written with write(2) directly, so that a trace shows them in their true order.
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

const insert = statementsFor<{ kept: { id: string; round: string } }>().statement<{ id: string; round: string }>(
  (db, p) => db.insertInto('kept').values({ id: p.id, round: p.round }),
);

const options = JSON.parse(process.argv[2]!) as CommitterOptions;
const { path, inFlight, units = Infinity, prefix = 'u', synchronous = 'full' } = options;
const db = await openSqlite({ path, synchronous, migrations: committerMigrations });
let next = 0;

/** Waits while the reader is behind: its pipe does not block, it refuses. */
function say(line: string): void {
  let rest = Buffer.from(`${line}\n`);
  while (rest.length > 0) rest = rest.subarray(written(rest));
}

function written(bytes: Buffer): number {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if ((error as { code?: string }).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}

async function commitOne(id: string): Promise<void> {
  say(`request ${id}`);
  try {
    await db.commit(unitOf(id));
    say(`ack ${id}`);
  } catch (error) {
    const { code, retryAfterMs = 0 } = error as ReeveError;
    say(`reject ${id} ${code}`);
    await setTimeout(retryAfterMs);
  }
}

function unitOf(id: string): Unit {
  const audit = { actor: 'key:1', tenant: 'acme', operation: 'rows.keep', outcome: 'done' } as const;
  return {
    statements: [insert.bind({ id, round: prefix }), insert.bind({ id: `${id}/twin`, round: prefix })],
    events: [{ type: 'kept', tenant: 'acme', subject: id, data: null }],
    audit: [{ ...audit, target: id, correlationId: id, details: {} }],
  };
}

async function commitInTurn(): Promise<void> {
  while (next < units) await commitOne(`${prefix}${next++}`);
}

say('ready');
await Promise.all(Array.from({ length: inFlight }, commitInTurn));
await db.close();
