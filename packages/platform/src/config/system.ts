import { isAbsolute, resolve } from 'node:path';
import { rememberSecret } from '../log/known-secrets.ts';
import { loadConfiguration, type LoadedConfiguration, type LoadOptions } from './load.ts';
import { systemSchema, type SystemConfiguration } from './schema.ts';

export type SystemLoadOptions = Omit<LoadOptions<typeof systemSchema>, 'schema' | 'rules'>;

/**
 * Loads the configuration of the system; `home` in it is an absolute path.
 * @throws InvalidConfiguration with every fault there is.
 */
export function loadSystemConfiguration(options: SystemLoadOptions): LoadedConfiguration<SystemConfiguration> {
  const loaded = loadConfiguration({ ...options, schema: systemSchema, rules: systemRules });
  return { ...loaded, value: { ...loaded.value, home: resolve(options.directory, loaded.value.home) } };
}

/**
 * URL of the database: of a file with its absolute path, or of a server with its password, which makes it a secret.
 * Takes the configuration that `loadSystemConfiguration` returned.
 */
export function databaseUrl({ database, home }: Pick<SystemConfiguration, 'database' | 'home'>): string {
  if (isServer(database.url)) return serverUrl(database);
  const path = database.url.replace(/^sqlite:(\/\/)?/, '');
  return `sqlite:${isAbsolute(path) ? path : resolve(home, path)}`;
}

function isServer(url: string): boolean {
  return url.startsWith('postgres');
}

function serverUrl({ url, password }: SystemConfiguration['database']): string {
  const server = new URL(url);
  if (server.password) rememberSecret(decodeURIComponent(server.password));
  else if (password) server.password = encodeURIComponent(password.reveal());
  return server.href;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/;

/** What must hold between settings, or needs more words than a form. */
function systemRules(value: SystemConfiguration): Array<{ path: string; message: string }> {
  const refused: Array<readonly [boolean, string, string]> = [
    [
      !loopback.test(value.host) && !value.http.behindProxy && value.http.tls.key === undefined,
      'host',
      `${value.host} can be reached from other machines, and without TLS keys would travel in clear: ` +
        'set http.tls.certificateFile and http.tls.key, or http.behindProxy = true where a proxy terminates TLS',
    ],
    [
      (value.http.tls.certificateFile === undefined) !== (value.http.tls.key === undefined),
      value.http.tls.key === undefined ? 'http.tls.key' : 'http.tls.certificateFile',
      'must be set too: TLS needs a certificate and its key',
    ],
    [
      isServer(value.database.url) && !URL.canParse(value.database.url),
      'database.url',
      'must be a URL such as "postgres://reeve@db.example:5432/reeve"',
    ],
    [
      value.environment === 'production' && Boolean(URL.parse(value.database.url)?.password),
      'database.url',
      'has a password in plain text, which production refuses: leave it out and set database.password',
    ],
    [value.database.pool.max < value.database.pool.min, 'database.pool.max', 'must not be less than database.pool.min'],
    [
      value.hub.leaseTtlMs < 2 * value.hub.heartbeatMs,
      'hub.leaseTtlMs',
      'must be at least twice hub.heartbeatMs: one lost heartbeat must not cost an agent its leases',
    ],
    [
      value.hub.shedLowAt < value.hub.deferLowAt,
      'hub.shedLowAt',
      'must not be less than hub.deferLowAt: low work waits before it is refused',
    ],
    [
      new Set(tenantsOf(value)).size < tenantsOf(value).length,
      'hub.tenants.exceptions',
      'must name each tenant only once',
    ],
    [
      value.hub.breaker.maxPauseMs < value.hub.breaker.initialPauseMs,
      'hub.breaker.maxPauseMs',
      'must not be less than hub.breaker.initialPauseMs',
    ],
    [
      value.hub.retry.maxDelayMs < value.hub.retry.initialDelayMs,
      'hub.retry.maxDelayMs',
      'must not be less than hub.retry.initialDelayMs',
    ],
    [
      value.gateway.firstTokenTimeoutMs > value.gateway.requestTimeoutMs,
      'gateway.firstTokenTimeoutMs',
      'must not be more than gateway.requestTimeoutMs',
    ],
    [
      value.environment === 'production' && value.demo.enabled,
      'demo.enabled',
      'the demo node answers with a toy model; production does not start it',
    ],
  ];
  return refused.filter(([wrong]) => wrong).map(([, path, message]) => ({ path, message }));
}

function tenantsOf({ hub }: SystemConfiguration): string[] {
  return hub.tenants.exceptions.map((line) => line.split(' ', 1)[0]!);
}
