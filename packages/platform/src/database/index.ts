export type {
  AuditDraft,
  BoundStatement,
  Database,
  DatabaseStatus,
  EventDraft,
  EventRecord,
  ParameterValue,
  Row,
  SqlValue,
  Statement,
  StatementResult,
  Unit,
  UnitOutcome,
  UnitStatement,
} from './port.ts';
export {
  DatabaseInUse,
  DatabaseNewer,
  DatabaseNotEmpty,
  DatabaseUnusable,
  ExpectationFailed,
  MigrationChanged,
  MigrationFailed,
  MoveNotExact,
  StatementFailed,
  StorageUncertain,
} from './errors.ts';
export type { Sealing } from './sealing-columns.ts';
export type { Migration } from './migrations.ts';
export { statementsFor } from './statement.ts';
export type { Buildable, Parameters, QueryBuilder, Statements } from './statement.ts';
export { openDatabase } from './open-database.ts';
export type { DatabaseOptions } from './open-database.ts';
export { migrateSqlite, openSqlite } from './sqlite/open-sqlite.ts';
export type { SqliteOptions } from './sqlite/open-sqlite.ts';
export type { SqliteLimits } from './sqlite/settings.ts';
export { migratePostgres, openPostgres } from './postgres/open-postgres.ts';
export type { PostgresOptions } from './postgres/open-postgres.ts';
export type { GroupDatabase } from './group/group-database.ts';
export { moveDatabase } from './move/move-database.ts';
export type { MoveProgress, MoveReport, MovedTable } from './move/move-database.ts';
export { watchDatabase } from './metrics.ts';
export { backUpDatabase } from './backup/back-up-database.ts';
export type { BackupOptions, BackupReport } from './backup/back-up-database.ts';
export type { BackupManifest } from './backup/entries.ts';
export type { BackupProgress } from './backup/progress.ts';
export { restoreDatabase } from './backup/restore-database.ts';
export type { RestoreOptions } from './backup/restore-database.ts';
export { platformMigrations } from '../migrations/index.ts';
