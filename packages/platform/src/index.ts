export {
  backUpDatabase,
  DatabaseInUse,
  DatabaseUnusable,
  ExpectationFailed,
  moveDatabase,
  openDatabase,
  platformMigrations,
  restoreDatabase,
  statementsFor,
  watchDatabase,
} from './database/index.ts';
export type {
  AuditDraft,
  BackupManifest,
  BackupProgress,
  BackupReport,
  BoundStatement,
  Buildable,
  Database,
  DatabaseStatus,
  EventDraft,
  EventRecord,
  Migration,
  MoveProgress,
  MoveReport,
  Parameters,
  QueryBuilder,
  Sealing,
  Statement,
  StatementResult,
  Unit,
  UnitOutcome,
  UnitStatement,
} from './database/index.ts';
export { KeyChainUnusable, newKeyChainText, parseKeyChain, placeOf, SealedText } from './sealing/index.ts';
export type { KeyChain } from './sealing/index.ts';
export { encryptionOperations, KeyRotation, platformSealedColumns } from './sealing-ops/index.ts';
export type { EncryptionComponents, SealedColumn } from './sealing-ops/index.ts';
export { auditOperations } from './audit-ops/index.ts';
export { EventFeed, EventPositionAhead, EventsGone, pruneEvents, readEvents } from './events/index.ts';
export { periodically } from './operations/periodic.ts';
export { AuditHeads, newHeadKeyText, parseHeadKeys } from './audit/index.ts';
export type { HeadKeys } from './audit/index.ts';
export { approvalOperations, bind, createRoad, fullBucket, takeToken } from './operations/index.ts';
export type {
  ApprovalSettings,
  BoundOperation,
  Call,
  Caller,
  ConsequentialHandler,
  Handler,
  HeaderSink,
  RateBucket,
  RateDecision,
  Road,
  Verification,
} from './operations/index.ts';
export { SealedFiles } from './files/index.ts';
export type { StoredFile } from './files/index.ts';
export { createLogger, isPrettyWanted, rememberSecret } from './log/index.ts';
export type { Logger, ProcessLogger } from './log/index.ts';
export { createLifecycle, installSignals } from './lifecycle/index.ts';
export type { Lifecycle } from './lifecycle/index.ts';
export { platformAlerts, prometheusRules } from './alerts/index.ts';
export type { AlertRule } from './alerts/index.ts';
export { grafanaDashboard, platformPanels } from './dashboards/index.ts';
export type { Dashboard, PanelRow } from './dashboards/index.ts';
export { openTracing, TracedDatabase } from './tracing/index.ts';
export type { Tracing } from './tracing/index.ts';
export { createMetrics } from './metrics/index.ts';
export type { Metrics } from './metrics/index.ts';
export type { RawRoute, UpgradeRoute } from './http/route.ts';
export { createPeople } from './people/index.ts';
export type { FirstOwner, People } from './people/index.ts';
export { createAccess, keyOperations } from './access/index.ts';
export type { Access, AccessComponents } from './access/index.ts';
export {
  clientSettings,
  environmentWith,
  secretFromEnvironment,
  configurationPage,
  configurationTable,
  databaseUrl,
  describeConfiguration,
  loadSystemConfiguration,
} from './config/index.ts';
export type { SystemConfiguration } from './config/index.ts';
export {
  createHealth,
  createHttpServer,
  databaseCheck,
  drained,
  jsonLines,
  streamRoute,
  readTls,
} from './http/index.ts';
export type { ErrorBodyWriter, HttpServer, StreamCall, TakenLine } from './http/index.ts';
