import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@reeve/kernel';
import { verifyAudit, type AuditVerdict } from '../../audit/index.ts';
import { DatabaseNotEmpty, DatabaseUnusable, MoveNotExact } from '../errors.ts';
import type { Migration } from '../migrations.ts';
import type { BoundStatement, Row, SqlValue } from '../port.ts';
import { applyInTransaction } from '../postgres/apply-migrations.ts';
import { addressOf } from '../postgres/client-config.ts';
import { messageOf } from '../postgres/postgres-failure.ts';
import { defaultPostgresSettings } from '../postgres/settings.ts';
import { WriterSession } from '../postgres/writer-session.ts';
import { migrateSqlite } from '../sqlite/open-sqlite.ts';
import { lockForWriting } from '../sqlite/process-lock.ts';
import { RowDigest } from './row-digest.ts';
import { sourceRows, sourceTables, type Table } from './source-table.ts';
import { runAll, TableCopy, targetDigest } from './target-table.ts';

export interface MoveOptions {
  /** File of the embedded database; it stays as it is. */
  readonly from: string;
  /** URL of an empty database on a PostgreSQL server. */
  readonly to: string;
  /** Of every package that keeps tables here, the platform's first. */
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  onProgress?(progress: MoveProgress): void;
}

export interface MoveProgress {
  readonly step: 'copying' | 'comparing' | 'done';
  readonly table: string;
  readonly rows: number;
}

export interface MovedTable {
  readonly table: string;
  readonly rows: number;
  /** SHA-256 over all rows in the order of their key; the same on both sides. */
  readonly digest: string;
}

export interface MoveReport {
  readonly from: string;
  /** Without user and password. */
  readonly to: string;
  readonly tables: readonly MovedTable[];
  readonly rows: number;
  /** The log of events as it arrived: it has no gap. */
  readonly events: { readonly oldest: number; readonly newest: number };
  /** The audit chain as it arrived. */
  readonly audit: AuditVerdict;
}

const statementTimeoutMs = 3_600_000;

/**
 * Takes an embedded database to an empty one on a server, in one transaction: everything is there at its end, compared
 * row by row, or nothing is. Both are locked meanwhile, so a hub that runs on either is refused.
 * @throws DatabaseInUse, DatabaseNotEmpty, DatabaseUnusable, DatabaseNewer, MigrationChanged, MoveNotExact
 */
export async function moveDatabase(options: MoveOptions): Promise<MoveReport> {
  const { from, to, migrations, clock } = options;
  if (!existsSync(from)) throw DatabaseUnusable.error(`${from}: there is no such file`, { details: { path: from } });
  const lock = lockForWriting(from);
  try {
    migrateSqlite(from, migrations, clock.nowMs());
    using source = new DatabaseSync(from, { readOnly: true });
    const session = await connect(to);
    try {
      return await move(source, session, options);
    } finally {
      await session.close(); // without a COMMIT before it nothing is kept
    }
  } finally {
    lock.release();
  }
}

async function connect(to: string): Promise<WriterSession> {
  try {
    return await WriterSession.open(to, { ...defaultPostgresSettings, statementTimeoutMs }, () => {});
  } catch (error) {
    if (error instanceof Error && 'kind' in error) throw error;
    throw DatabaseUnusable.error(`${addressOf(to)}: ${messageOf(error)}`, { cause: error });
  }
}

async function move(source: DatabaseSync, session: WriterSession, options: MoveOptions): Promise<MoveReport> {
  const { from, to, migrations, clock, onProgress } = options;
  await session.client.query('BEGIN');
  await assertEmpty(session, to);
  await applyInTransaction(session.client, migrations, clock.nowMs());
  const tables: MovedTable[] = [];
  for (const table of sourceTables(source)) {
    const sent = await copyTable(source, session, table, (progress) => onProgress?.(progress));
    onProgress?.({ step: 'comparing', table: table.name, rows: sent.rows });
    tables.push(compared(table, sent, await targetDigest(session, table)));
    onProgress?.({ step: 'done', table: table.name, rows: sent.rows });
  }
  const reader = { read: <R = Row>(statement: BoundStatement) => readOne<R>(session, statement) };
  const events = await checkEvents(reader);
  const audit = await verifyAudit(reader);
  await session.client.query('COMMIT');
  await session.client.query('ANALYZE'); // or the first plans are made as if the tables were empty
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return { from, to: addressOf(to), tables, rows, events, audit };
}

async function assertEmpty(session: WriterSession, to: string): Promise<void> {
  const { rows } = await session.client.query<{ tablename: string }>(
    'SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename LIMIT 3',
  );
  if (rows.length === 0) return;
  const names = rows.map(({ tablename }) => tablename);
  throw DatabaseNotEmpty.error(
    `${addressOf(to)} has tables already, such as ${names.join(', ')}; move to an empty one`,
    {
      details: { tables: names },
    },
  );
}

async function copyTable(
  source: DatabaseSync,
  session: WriterSession,
  table: Table,
  onProgress: (progress: MoveProgress) => void,
): Promise<RowDigest> {
  const digest = new RowDigest();
  const copy = new TableCopy(session, table);
  for (const row of sourceRows(source, table)) {
    digest.add(row);
    copy.add(row);
    if (!copy.isFull) continue;
    await copy.send();
    onProgress({ step: 'copying', table: table.name, rows: digest.rows });
  }
  await copy.send();
  return digest;
}

/** @throws MoveNotExact */
function compared({ name }: Table, sent: RowDigest, arrived: RowDigest): MovedTable {
  const [digest, found] = [sent.hex(), arrived.hex()];
  if (sent.rows === arrived.rows && digest === found) return { table: name, rows: sent.rows, digest };
  throw MoveNotExact.error(
    `${name}: ${sent.rows} rows were sent, ${arrived.rows} arrived, or not with the same content`,
    {
      details: {
        table: name,
        sentRows: sent.rows,
        arrivedRows: arrived.rows,
        sentDigest: digest,
        arrivedDigest: found,
      },
    },
  );
}

interface TargetReader {
  read<R = Row>(statement: BoundStatement): Promise<R[]>;
}

const gapQuery = `SELECT first_position FROM (SELECT first_position,
    LAG(last_position) OVER (ORDER BY last_position) AS previous FROM event_segments) AS neighbours
  WHERE first_position <> previous + 1 LIMIT 1`;
const edgesQuery = 'SELECT MIN(first_position) AS oldest, MAX(last_position) AS newest FROM event_segments';

/** @throws MoveNotExact when the log of events has a gap. */
async function checkEvents(reader: TargetReader): Promise<{ oldest: number; newest: number }> {
  const [gap] = await reader.read<{ first_position: number }>({ sql: gapQuery, params: [] });
  if (gap) throw MoveNotExact.error(`the log of events has a gap before position ${gap.first_position}`);
  const [edges] = await reader.read<{ oldest: number | null; newest: number | null }>({ sql: edgesQuery, params: [] });
  return { oldest: edges?.oldest ?? 0, newest: edges?.newest ?? 0 };
}

async function readOne<R>(session: WriterSession, { sql, params }: BoundStatement): Promise<R[]> {
  const call = { statement: session.statement(sql), params: params as readonly SqlValue[] };
  const [result] = await runAll(session, [call]);
  return (result!.rows ?? []) as R[];
}
