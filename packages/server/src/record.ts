import { systemClock } from '@reeve/kernel';
import { hubMigrations, hubSealedColumns } from '@reeve/hub';
import { marketMigrations, marketSealedColumns } from '@reeve/market';
import {
  databaseUrl,
  openDatabase,
  platformMigrations,
  platformSealedColumns,
  type Database,
  type KeyChain,
  type Lifecycle,
  type Logger,
  type Migration,
  type SealedColumn,
  type SystemConfiguration,
} from '@reeve/platform';
import { prepareHome } from './home.ts';
import { encryptionKeys } from './keys.ts';

/** The tables of every package, the platform's first. */
export const migrations: readonly Migration[] = [...platformMigrations, ...hubMigrations, ...marketMigrations];

/** Everything that is stored sealed, in any package. */
export const sealedColumns: readonly SealedColumn[] = [
  ...platformSealedColumns,
  ...hubSealedColumns,
  ...marketSealedColumns,
];

export interface OpenRecord {
  readonly database: Database;
  /** Under which the database seals. */
  readonly keys: KeyChain;
}

export interface RecordComponents {
  readonly configuration: SystemConfiguration;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}

/** Opens the record of everything, in the home folder or on a server, and registers it to be closed last. */
export async function openRecord({ configuration, log, lifecycle }: RecordComponents): Promise<OpenRecord> {
  await prepareHome(configuration.home);
  const { pool, statementTimeoutMs } = configuration.database;
  const url = databaseUrl(configuration);
  const keys = await encryptionKeys(configuration);
  const postgres = { pool, statementTimeoutMs };
  const database = await openDatabase({ url, migrations, clock: systemClock, log, keys, postgres });
  lifecycle.onStop('storage', 'database', async () => database[Symbol.asyncDispose]());
  return { database, keys };
}
