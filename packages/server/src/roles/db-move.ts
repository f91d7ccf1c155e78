import { formatDurationMs, InvalidInput, systemClock } from '@reeve/kernel';
import {
  databaseUrl,
  loadSystemConfiguration,
  moveDatabase,
  type MoveProgress,
  type MoveReport,
} from '@reeve/platform';
import { migrations } from '../record.ts';

export interface DbMoveOptions {
  /** URL of an empty database; its password may come from `PGPASSWORD`. */
  readonly to: string;
  /** File of the embedded database; that of the configuration when not given. */
  readonly from?: string;
  readonly config?: readonly string[];
  readonly json?: boolean;
}

/** Takes the embedded database to a server, says what it does on standard error, and what it did on standard output. */
export async function run({ to, from, config = [], json = false }: DbMoveOptions): Promise<void> {
  if (!/^postgres(ql)?:/.test(to) || !URL.canParse(to))
    throw InvalidInput.error(`--to must be a URL such as postgres://reeve@db.example/reeve, not ${JSON.stringify(to)}`);
  const startedMs = systemClock.monotonicMs();
  const source = from ?? configuredFile(config);
  const onProgress = json ? undefined : (progress: MoveProgress) => process.stderr.write(`${lineOf(progress)}\n`);
  const report = await moveDatabase({
    from: source,
    to,
    migrations,
    clock: systemClock,
    ...(onProgress && { onProgress }),
  });
  const tookMs = Math.round(systemClock.monotonicMs() - startedMs);
  process.stdout.write(json ? `${JSON.stringify({ ...report, tookMs })}\n` : summaryOf(report, tookMs));
}

function configuredFile(files: readonly string[]): string {
  const url = databaseUrl(loadSystemConfiguration({ directory: process.cwd(), files }).value);
  if (url.startsWith('sqlite:')) return url.slice('sqlite:'.length);
  throw InvalidInput.error('the configured database is on a server already; name the file to move with --from');
}

function lineOf({ step, table, rows }: MoveProgress): string {
  const what = { copying: 'rows so far', comparing: 'rows, being compared', done: 'rows, the same on both sides' };
  return `  ${table.padEnd(24)}${rows.toLocaleString('en').padStart(12)} ${what[step]}`;
}

function summaryOf({ from, to, rows, tables, events, audit }: MoveReport, tookMs: number): string {
  const chain = audit.ok
    ? `${audit.records.toLocaleString('en')} records, an unbroken chain to ${audit.head.hash.slice(0, 16)}…`
    : `broken at record ${audit.fault.sequence}, as it is in the old database: ${audit.fault.message}`;
  return [
    `Moved ${rows.toLocaleString('en')} rows of ${tables.length} tables to ${to} in ${formatDurationMs(tookMs)}.`,
    'Each table was read back and has the same digest on both sides.',
    `Events: positions ${events.oldest} to ${events.newest}, without a gap.`,
    `Audit: ${chain}`,
    `The old database stays as it is: ${from}`,
    'Start the hub with REEVE_DATABASE_URL set to the new one.',
    '',
  ].join('\n');
}
