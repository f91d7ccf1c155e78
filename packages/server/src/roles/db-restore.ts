import { formatDurationMs, systemClock } from '@reeve/kernel';
import { loadSystemConfiguration, restoreDatabase, type BackupManifest } from '@reeve/platform';
import { knownEncryptionKeys } from '../keys.ts';
import { embeddedPaths } from './embedded-paths.ts';
import { printShares } from './print-shares.ts';

export interface DbRestoreOptions {
  readonly from: string;
  /** Home folder of the hub that is to use it; that of the configuration when not given. */
  readonly to?: string;
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** Restores a backup to where a hub with this configuration and home folder looks for its database. */
export async function run({ from, to, config = [], json = false }: DbRestoreOptions): Promise<void> {
  const flags = to === undefined ? {} : { home: to };
  const configuration = loadSystemConfiguration({ directory: process.cwd(), files: config, flags }).value;
  const { database, files } = embeddedPaths(configuration);
  const keys = await knownEncryptionKeys(configuration);
  const startedMs = systemClock.monotonicMs();
  const manifest = await restoreDatabase({
    from,
    to: database,
    files,
    keys,
    ...(!json && { onProgress: printShares() }),
  });
  const tookMs = Math.round(systemClock.monotonicMs() - startedMs);
  const report = { from, to: database, ...manifest, tookMs };
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : summaryOf(report));
}

function summaryOf({ to, atMs, tables, files, tookMs }: BackupManifest & { to: string; tookMs: number }): string {
  const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
  return [
    `Restored ${rows.toLocaleString('en')} rows and ${files.toLocaleString('en')} blobs to ${to} in ${formatDurationMs(tookMs)}.`,
    `They are as they were at ${new Date(atMs).toISOString()}: what happened later is not in them.`,
    '',
  ].join('\n');
}
