import { ReeveError, systemClock, type Clock } from '@reeve/kernel';
import { Client } from 'pg';
import type { Logger } from '../../log/logger.ts';
import type { KeyChain } from '../../sealing/index.ts';
import { Sealer } from '../../sealing/sealer.ts';
import { DatabaseUnusable } from '../errors.ts';
import { GroupDatabase } from '../group/group-database.ts';
import type { GroupLimits } from '../group/limits.ts';
import type { Migration } from '../migrations.ts';
import { applyMigrations } from './apply-migrations.ts';
import { addressOf, clientConfig } from './client-config.ts';
import { PoolReader } from './pool-reader.ts';
import { messageOf } from './postgres-failure.ts';
import { PostgresWriter } from './postgres-writer.ts';
import { defaultPostgresSettings, type PostgresSettings } from './settings.ts';
import { WriterEpoch } from './writer-epoch.ts';
import { WriterSession } from './writer-session.ts';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with parameters such as `sslmode=verify-full`. */
  readonly url: string;
  /** Of every package that keeps tables here, the platform's first. */
  readonly migrations: readonly Migration[];
  readonly clock?: Clock;
  readonly limits?: Partial<GroupLimits>;
  readonly postgres?: Partial<Omit<PostgresSettings, 'limits'>>;
  readonly log?: Logger;
  /** Under which texts are stored sealed; without it a unit that has any is refused. */
  readonly keys?: KeyChain | undefined;
}

const oldestVersion = 130_000;

/**
 * Opens a database of a server for this process alone: locks it, brings its tables up to date, and writes over one
 * connection, reads over a pool.
 * @throws DatabaseInUse, DatabaseNewer, MigrationChanged, MigrationFailed, DatabaseUnusable
 */
export async function openPostgres(options: PostgresOptions): Promise<GroupDatabase> {
  const { url, clock = systemClock, log, keys } = options;
  const sealer = keys && new Sealer(keys.active);
  const settings = settingsOf(options);
  const { limits } = settings;
  let writer: PostgresWriter | undefined;
  const connect = (onLost: (error: Error) => void) => WriterSession.open(url, settings, onLost);
  const session = await usable(url, () => connect((error) => writer?.lost(error)));
  try {
    const epoch = await usable(url, () => prepare(session.client, options.migrations, clock.nowMs()));
    const database = new GroupDatabase({
      kind: 'postgres',
      limits,
      clock,
      log,
      keys,
      startWriter: (events) => (writer = new PostgresWriter({ clock, connect, epoch, sealer }, events)),
      openReader: () => new PoolReader(url, settings, log),
      release: () => {},
    });
    writer!.begin(session);
    await database.started();
    return database;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Brings the tables of a database up to date; safe when two processes do it at once.
 * @returns the migrations that were applied now.
 */
export async function migratePostgres(
  url: string,
  migrations: readonly Migration[],
  nowMs: number,
): Promise<readonly Migration[]> {
  const client = new Client(clientConfig(url, 'migration', defaultPostgresSettings.statementTimeoutMs));
  client.on('error', () => {}); // whatever was under way rejects
  try {
    await usable(url, () => client.connect());
    return await applyMigrations(client, migrations, nowMs);
  } finally {
    await client.end();
  }
}

function settingsOf({ postgres, limits }: PostgresOptions): PostgresSettings {
  const { pool, ...others } = postgres ?? {};
  return {
    ...defaultPostgresSettings,
    ...others,
    pool: { ...defaultPostgresSettings.pool, ...pool },
    limits: { ...defaultPostgresSettings.limits, ...limits },
  };
}

async function prepare(client: Client, migrations: readonly Migration[], nowMs: number): Promise<WriterEpoch> {
  const { rows } = await client.query<{ version: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding`,
  );
  const { version, encoding } = rows[0]!;
  if (Number(version) < oldestVersion) throw DatabaseUnusable.error('the server is older than PostgreSQL 13');
  if (encoding !== 'UTF8') throw DatabaseUnusable.error(`the database is encoded in ${encoding}; it has to be UTF8`);
  await applyMigrations(client, migrations, nowMs);
  return WriterEpoch.begin(client);
}

/** Every failure to open tells of the address; never of user and password. */
async function usable<T>(url: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof ReeveError) throw error;
    const address = addressOf(url);
    throw DatabaseUnusable.error(`${address}: ${messageOf(error)}`, { details: { address }, cause: error });
  }
}
