import { join } from 'node:path';
import { resolve } from 'node:path';
import { systemClock } from '@reeve/kernel';
import { createHub, createHubMetrics, type Hub } from '@reeve/hub';
import {
  createBudgetMetrics,
  createBudgets,
  createGatewayMetrics,
  createMarket,
  createReceiptMetrics,
  createReceipts,
} from '@reeve/market';
import {
  AuditHeads,
  createAccess,
  periodically,
  readTls,
  createHealth,
  createHttpServer,
  createMetrics,
  createPeople,
  createRoad,
  encryptionOperations,
  KeyRotation,
  approvalOperations,
  auditOperations,
  keyOperations,
  SealedFiles,
  databaseCheck,
  openTracing,
  TracedDatabase,
  watchDatabase,
  type Access,
  type AccessComponents,
  type ApprovalSettings,
  type BoundOperation,
  type Database,
  type EncryptionComponents,
  type HttpServer,
  type Lifecycle,
  type Logger,
  type Metrics,
  type People,
  type Road,
  type SystemConfiguration,
  type Tracing,
} from '@reeve/platform';
import { keepHouse } from './housekeeping.ts';
import { headKeys, receiptKey, tokenKeys } from './keys.ts';
import { openRecord, sealedColumns, type OpenRecord } from './record.ts';
import { version } from './version.ts';

/** Of the grace: for requests under way to end, and once more for streams to take their end; the rest is for storage. */
const drainShare = 0.4;

const dayMs = 86_400_000;

export interface ServeComponents {
  readonly configuration: SystemConfiguration;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
}

export interface Serving {
  readonly url: string;
  readonly access: Access;
  readonly people: People;
  readonly database: Database;
}

/** Starts the system in its home folder: the record of everything, then what stands on it. */
export async function serve(components: ServeComponents): Promise<Serving> {
  return serveOn(await openRecord(components), components);
}

/** Starts the system on an open record: access, hub, market, HTTP; in this order, each registered to be stopped. */
export async function serveOn(record: OpenRecord, components: ServeComponents): Promise<Serving> {
  const { configuration, log, lifecycle } = components;
  const metrics = createMetrics({ defaultMetrics: true });
  lifecycle.onStop('telemetry', 'metrics', () => metrics.stop());
  watchDatabase(metrics, record.database);
  const tracing = await traced(components, metrics);
  const database = tracing ? new TracedDatabase(record.database) : record.database;
  metrics
    .gauge({ area: 'process', what: 'build', unit: 'info', help: 'The version that runs', labels: ['version'] })
    .child(version)
    .set(1);
  const people = await openPeople(database, components);
  const access = await openAccess({ database, clock: systemClock, log, people }, lifecycle);
  const road = openRoad(configuration, { database, log, metrics, lifecycle });
  const encryption = await openEncryption(record, log, lifecycle);
  const auditHeads = await openAuditHeads(database, components);
  const hub = await openHub(configuration, { database, log, metrics, lifecycle });
  const http = await openHttp({
    configuration,
    log,
    lifecycle,
    metrics,
    database,
    access,
    people,
    road,
    hub,
    encryption,
    auditHeads,
    tracing,
  });
  keepHouse({ database, clock: systemClock, log, lifecycle, eventRetentionMs: configuration.events.retentionMs, hub });
  const url = await http.listen(configuration);
  return { url, access, people, database };
}

async function traced({ configuration, log, lifecycle }: ServeComponents, metrics: Metrics) {
  const { tracing: settings, environment } = configuration;
  const tracing = await openTracing({ settings, metrics, log, about: { version, environment } });
  if (tracing) lifecycle.onStop('telemetry', 'tracing', () => tracing.close());
  return tracing;
}

async function openPeople(database: Database, { configuration, log, lifecycle }: ServeComponents): Promise<People> {
  const keys = await tokenKeys(configuration);
  const people = await createPeople({ database, clock: systemClock, log, keys, settings: configuration.tokens });
  lifecycle.onStop('connections', 'people', async () => people[Symbol.asyncDispose]());
  return people;
}

async function openAccess(components: AccessComponents, lifecycle: Lifecycle): Promise<Access> {
  const access = await createAccess(components);
  lifecycle.onStop('connections', 'access', async () => access[Symbol.asyncDispose]());
  return access;
}

async function openEncryption(record: OpenRecord, log: Logger, lifecycle: Lifecycle): Promise<EncryptionComponents> {
  const components = { ...record, clock: systemClock, log, columns: sealedColumns };
  const rotation = new KeyRotation(components);
  lifecycle.onStop('connections', 'encryption', async () => rotation[Symbol.asyncDispose]());
  await rotation.resume();
  return { ...components, rotation };
}

/** Signs where the audit chain is, every so often and at the end of the process, and removes once a day what is old enough. */
async function openAuditHeads(
  database: Database,
  { configuration, log, lifecycle }: ServeComponents,
): Promise<AuditHeads> {
  const { audit, home } = configuration;
  const keys = await headKeys(configuration);
  lifecycle.stopping.throwIfAborted(); // a start that a signal overtook: what is signed at the end needs an open record
  const heads = new AuditHeads({ database, clock: systemClock, keys, path: resolve(home, audit.headsFile) });
  const stopExporting = periodically('export of audit heads', audit.exportEveryMs, log, (signal) =>
    heads.export(signal),
  );
  const stopPruning = periodically('removal of old audit records', dayMs, log, (signal) =>
    heads.prune(systemClock.nowMs() - audit.retentionMs, signal),
  );
  lifecycle.onStop('work', 'audit heads', async () => {
    await Promise.all([stopExporting(), stopPruning()]);
    await heads.export();
  });
  return heads;
}

interface Base {
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly lifecycle: Lifecycle;
}

function openRoad(configuration: SystemConfiguration, { database, log, metrics, lifecycle }: Base): Road {
  const { limits } = configuration;
  const road = createRoad({
    database,
    clock: systemClock,
    log,
    metrics,
    limits: {
      identity: { capacity: limits.requestBurst, perSecond: limits.requestsPerMinute / 60 },
      anonymous: { capacity: Math.ceil(limits.anonymousPerMinute / 6), perSecond: limits.anonymousPerMinute / 60 },
    },
    settings: {
      approvals: approvalSettings(configuration),
      operationTimeoutMs: configuration.http.requestTimeoutMs,
      checkOutputs: configuration.environment === 'test',
    },
  });
  lifecycle.onStop('connections', 'road', async () => road[Symbol.asyncDispose]());
  return road;
}

/** In production nobody approves what they asked for themselves. */
function approvalSettings({ approvals, environment }: SystemConfiguration): ApprovalSettings {
  return { expireAfterMs: approvals.expireAfterMs, requireOther: environment === 'production' };
}

async function openHub({ hub, home }: SystemConfiguration, base: Base): Promise<Hub> {
  const { metrics } = base;
  const files = await SealedFiles.open(join(home, 'blobs'));
  const hubMetrics = createHubMetrics(metrics);
  const { exceptions, ...terms } = hub.tenants;
  const tenants = { defaults: { weight: 1, ...terms }, exceptions };
  const settings = { ...hub, maxLiveTasks: hub.maxQueuedTasks, tenants };
  const random = Math.random;
  return createHub({ ...base, files, clock: systemClock, metrics: hubMetrics, settings, random }, version);
}

async function openReceipts(
  { home, receipts }: SystemConfiguration,
  hub: Hub,
  budgets: ReceiptParts['budgets'],
  base: Base,
) {
  const { metrics, lifecycle } = base;
  const opened = await createReceipts({
    ...base,
    hub,
    budgets,
    clock: systemClock,
    metrics: createReceiptMetrics(metrics),
    chainId: receipts.chainId,
    hubKey: await receiptKey(join(home, 'receipts.key')),
  });
  lifecycle.onStop('connections', 'ledger of answers', () => opened.ledger.flush());
  return opened;
}

type ReceiptParts = Parameters<typeof createReceipts>[0];

interface HttpBase extends Base, ServeComponents {
  readonly access: Access;
  readonly people: People;
  readonly road: Road;
  readonly hub: Hub;
  readonly encryption: EncryptionComponents;
  readonly auditHeads: AuditHeads;
  readonly tracing: Tracing | undefined;
}

async function openHttp({
  configuration,
  hub,
  encryption,
  people,
  auditHeads,
  ...base
}: HttpBase): Promise<HttpServer> {
  const { log, metrics, database, access, lifecycle } = base;
  const gateway = { clock: systemClock, log, metrics: createGatewayMetrics(metrics), settings: configuration.gateway };
  const budgetMetrics = createBudgetMetrics(metrics);
  const budgets = await createBudgets({ ...base, clock: systemClock, metrics: budgetMetrics, keys: access.keys });
  const receipts = await openReceipts(configuration, hub, budgets.book, base);
  const market = createMarket({ hub, database, ledger: receipts.ledger, budgets: budgets.book, ...gateway });
  const health = createHealth({ clock: systemClock, stopping: lifecycle.stopping, version });
  health.register(databaseCheck(database));
  const approvals = approvalSettings(configuration);
  const operations: BoundOperation[] = [
    ...hub.operations,
    ...market.operations,
    ...budgets.operations,
    ...receipts.operations,
    ...people.operations,
    ...keyOperations({ access, database, clock: systemClock }),
    ...approvalOperations({ database, clock: systemClock, settings: approvals }),
    ...auditOperations({ database, heads: auditHeads }),
    ...encryptionOperations(encryption),
  ];
  const { certificateFile, key } = configuration.http.tls;
  const tls = certificateFile && key && (await readTls(certificateFile, key.reveal(), systemClock.nowMs()));
  return createHttpServer({
    ...base,
    ...(tls && { tls }),
    operations,
    routes: [...hub.routes, ...market.routes],
    missingErrorBody: market.missingErrorBody,
    upgrades: hub.upgrades,
    health,
    clock: systemClock,
    settings: { ...configuration.http, drainMs: configuration.shutdown.graceMs * drainShare },
    version,
  });
}
