import { resolve } from 'node:path';
import { formatDurationMs, systemClock } from '@reeve/kernel';
import { backUpDatabase, loadSystemConfiguration, type BackupReport } from '@reeve/platform';
import { knownEncryptionKeys } from '../keys.ts';
import { embeddedPaths } from './embedded-paths.ts';
import { printShares } from './print-shares.ts';

export interface DbBackupOptions {
  readonly to: string;
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** Backs up the embedded database of the configuration, beside a hub that may be using it. */
export async function run({ to, config = [], json = false }: DbBackupOptions): Promise<void> {
  const configuration = loadSystemConfiguration({ directory: process.cwd(), files: config }).value;
  const { database: from, files } = embeddedPaths(configuration);
  const keys = await knownEncryptionKeys(configuration);
  const startedMs = systemClock.monotonicMs();
  const report = await backUpDatabase({
    from,
    files,
    to: resolve(to),
    keys,
    clock: systemClock,
    ...(!json && { onProgress: printShares() }),
  });
  const tookMs = Math.round(systemClock.monotonicMs() - startedMs);
  process.stdout.write(json ? `${JSON.stringify({ ...report, tookMs })}\n` : summaryOf(report, tookMs));
}

function summaryOf({ to, sizeBytes, tables, files, keyId }: BackupReport, tookMs: number): string {
  const rows = Object.values(tables).reduce((sum, count) => sum + count, 0);
  return [
    `Backed up ${rows.toLocaleString('en')} rows and ${files.toLocaleString('en')} blobs to ${to}`,
    `(${sizeBytes.toLocaleString('en')} bytes) in ${formatDurationMs(tookMs)}.`,
    'It was read again from the disk: every segment opens, and the database in it is whole.',
    `It opens with the encryption key ${keyId}, which is not in it: keep a copy of the keys somewhere else.`,
    '',
  ].join('\n');
}
