import { UsageError } from '../errors.ts';
import { runServer } from './server-process.ts';

export interface UpFlags {
  readonly port?: string;
  readonly host?: string;
  readonly home?: string;
  readonly config?: string[];
  /** False by `--no-demo`; else the configuration decides. */
  readonly demo: boolean;
}

/** `reeve up` */
export function up({ port, demo, ...rest }: UpFlags): Promise<number> {
  return runServer('up', {
    ...rest,
    ...(demo ? {} : { demo }),
    ...(port === undefined ? {} : { port: numberOf('--port', port) }),
  });
}

/** `reeve alerts list` and `export` */
export function alerts(form: 'prometheus' | 'json' | 'text'): Promise<number> {
  return runServer('alerts', { form });
}

/** `reeve dashboards list` and `export` */
export function dashboards(wanted: { readonly name?: string; readonly json?: boolean }): Promise<number> {
  return runServer('dashboards', wanted);
}

export interface ConfigFlags {
  readonly config?: string[];
  readonly json?: boolean;
}

/** `reeve config show` */
export function showConfig(flags: ConfigFlags): Promise<number> {
  return runServer('config', flags);
}

export interface DbMoveFlags extends ConfigFlags {
  readonly to: string;
  readonly from?: string;
}

/** `reeve db move`: a password travels in the environment, where other users of the machine do not see it. */
export function moveDatabase({ to, ...flags }: DbMoveFlags): Promise<number> {
  const target = URL.parse(to);
  if (!target?.password) return runServer('db-move', { ...flags, to });
  const password = decodeURIComponent(target.password);
  target.password = '';
  return runServer('db-move', { ...flags, to: target.href }, { PGPASSWORD: password });
}

export interface DbBackupFlags extends ConfigFlags {
  readonly to: string;
}

/** `reeve db backup` */
export function backUpDatabase(flags: DbBackupFlags): Promise<number> {
  return runServer('db-backup', flags);
}

export interface DbRestoreFlags extends ConfigFlags {
  readonly to?: string;
}

/** `reeve db restore` */
export function restoreDatabase(from: string, flags: DbRestoreFlags): Promise<number> {
  return runServer('db-restore', { ...flags, from });
}

/** A key travels in the environment; see `runServer`. */
export function keyVariable(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { REEVE_API_KEY: key };
}

export function numberOf(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw UsageError.error(`${flag} takes a whole number, not ${JSON.stringify(text)}`);
}
