import { expect, test } from 'vitest';
import { databaseUrl, describeConfiguration } from '../../src/config/index.ts';
import { errorOf, faultsOf, load, production, productionKeys } from './installation.ts';

test('every fault is reported at once, each with its source, its path and what would be right', () => {
  const files = {
    'reeve.toml': 'port = 70000\n[http]\nbodyLimitByte = 1\n[hub]\nleaseTtlMs = "ten seconds"\n[storage]\npath = 1\n',
    'more.toml': '[log]\nlevel = "loud"',
  };
  const env = { REEVE_PROT: '1', REEVE_HUB_DEFAULT_MAX_ATTEMPTS: 'three', REEVE_HTTP_TRUST_PROXY: 'yes' };
  const faults = faultsOf(files, { files: ['more.toml', 'missing.toml'], env });
  expect(new Set(faults)).toEqual(
    new Set([
      'file reeve.toml:1: port: must be a whole number from 0 to 65535, not 70000',
      'file reeve.toml:3: http.bodyLimitByte: there is no such setting; did you mean http.bodyLimitBytes?',
      'file reeve.toml:5: hub.leaseTtlMs: must be a duration from 1s to 1h, such as "30s" or 30000 (milliseconds), not "ten seconds"',
      'file reeve.toml:6: storage: there is no such setting',
      'file more.toml:2: log.level: must be one of debug, info, warn, error, not "loud"',
      'file missing.toml: there is no such file',
      'environment REEVE_PROT: there is no such variable; did you mean REEVE_PORT?',
      'environment REEVE_HUB_DEFAULT_MAX_ATTEMPTS: hub.defaultMaxAttempts: must be a whole number from 1 to 100, not "three"',
      'environment REEVE_HTTP_TRUST_PROXY: http.trustProxy: must be true or false, not "yes"',
    ]),
  );
});

test('the error says which paths are at fault, for programs', () => {
  const error = errorOf(() => load({ 'reeve.toml': '[hub]\nleaseTtl = 1' }));
  expect(error?.issues).toMatchObject([{ path: ['hub', 'leaseTtl'] }]);
  expect(error?.kind.exitCode).toBe(2);
});

test.each([
  ['bodyLimitBytes = 1', 'http.bodyLimitBytes', 'right name, no section'],
  ['[hub]\nfirstTokenTimeoutMs = 1', 'gateway.firstTokenTimeoutMs', 'right name, wrong section'],
  ['[gatway]\ndurability = "sync"', 'gateway', 'section misspelt'],
  ['[hub]\nleaseTTL = 1', 'hub.leaseTtlMs', 'unit forgotten'],
  ['[hub.retries]\nfactor = 2', 'hub.retry', 'inner section misspelt'],
])('an unknown setting names the nearest known one: %s', (toml, nearest) => {
  expect(faultsOf({ 'reeve.toml': toml })).toEqual([expect.stringContaining(`did you mean ${nearest}?`)]);
});

test('names of objects are no settings', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hub.__proto__'])
    expect(faultsOf({ 'reeve.toml': `${name} = 1` })).toEqual([expect.stringContaining('there is no such setting')]);
  expect(faultsOf({}, { env: { REEVE_CONSTRUCTOR: '1' } })).toHaveLength(1);
});

test('a section given as a value, and a value given as a section, are refused', () => {
  expect(faultsOf({ 'reeve.toml': 'http = 5' })).toEqual([expect.stringContaining('http: is a section')]);
  expect(faultsOf({ 'reeve.toml': '[port]\nnumber = 5' })).toEqual([expect.stringContaining('port: must be a whole')]);
  expect(faultsOf({ 'reeve.toml': 'hub = 2026-01-01' })).toEqual([expect.stringContaining('hub: is a section')]);
});

test('a file that is not TOML says where it stops making sense', () => {
  expect(faultsOf({ 'reeve.toml': 'port = 4400\nhost = \n' })).toEqual([
    expect.stringMatching(/^file reeve.toml:2:\d+: is not valid TOML: /),
  ]);
});

test('a host beyond loopback is refused without TLS, unless a proxy is stated', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.0.0.1.example.org'])
    expect(faultsOf({}, { env: { REEVE_HOST: host } })).toEqual([
      expect.stringMatching(/^environment REEVE_HOST: host: .* without TLS .*http\.behindProxy = true/),
    ]);
  for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost'])
    expect(load({}, { env: { REEVE_HOST: host } }).value.host).toBe(host);
  const env = { REEVE_HOST: '0.0.0.0', REEVE_HTTP_BEHIND_PROXY: 'true' };
  expect(load({}, { env }).value.host).toBe('0.0.0.0');
  const tls = { REEVE_HTTP_TLS_KEY: 'the key', REEVE_HTTP_TLS_CERTIFICATE_FILE: 'tls.pem' };
  expect(load({}, { env: { REEVE_HOST: '0.0.0.0', ...tls } }).value.host).toBe('0.0.0.0');
  expect(faultsOf({}, { env: { REEVE_HTTP_TLS_KEY: 'the key' } })).toEqual([
    expect.stringMatching(/http.tls.certificateFile: must be set too/),
  ]);
  expect(faultsOf({}, { env: { REEVE_HTTP_TLS_CERTIFICATE_FILE: 'tls.pem' } })).toEqual([
    expect.stringMatching(/http.tls.key: must be set too/),
  ]);
});

test('a password in the URL of the database is refused in production, and shown nowhere', () => {
  const server = { REEVE_DATABASE_URL: 'postgres://reeve:hunter2@db.example/reeve' };
  const loaded = load({}, { env: server });
  expect(JSON.stringify(describeConfiguration(loaded))).not.toContain('hunter2');
  expect(databaseUrl(loaded.value)).toBe(server.REEVE_DATABASE_URL);
  const faults = faultsOf({}, { env: { ...production, ...server } });
  expect(faults).toEqual([expect.stringMatching(/REEVE_DATABASE_URL: .*leave it out and set database.password/)]);
  expect(faults.join()).not.toContain('hunter2');
  const other = faultsOf({}, { env: { REEVE_DATABASE_URL: 'mysql://reeve:hunter2@db.example/reeve' } });
  expect(other).toEqual([expect.stringContaining('must be the URL of a file such as "sqlite:reeve.db"')]);
  expect(other.join()).not.toContain('hunter2');
  const portless = faultsOf({}, { env: { REEVE_DATABASE_URL: 'postgres://reeve@db.example:port/reeve' } });
  expect(portless).toEqual([expect.stringContaining('must be a URL such as "postgres://reeve@db.example:5432/reeve"')]);
});

test('the password of the database is put into its URL where it is a secret of its own', () => {
  const env = {
    REEVE_DATABASE_URL: 'postgresql://reeve@db.example/reeve?sslmode=verify-full',
    DB_PASSWORD: 'p@ss/word:1',
  };
  const toml = '[database]\npassword = { env = "DB_PASSWORD" }';
  const { value } = load({ 'reeve.toml': toml }, { env });
  const url = new URL(databaseUrl(value));
  expect(decodeURIComponent(url.password)).toBe('p@ss/word:1');
  expect(url.search).toBe('?sslmode=verify-full');
});

test('settings that contradict each other are refused', () => {
  const toml =
    '[hub]\nleaseTtlMs = "5s"\nheartbeatMs = "3s"\n[hub.retry]\ninitialDelayMs = "2m"\n[gateway]\nrequestTimeoutMs = "10s"';
  expect(faultsOf({ 'reeve.toml': toml })).toEqual([
    expect.stringMatching(/^file reeve.toml:2: hub.leaseTtlMs: must be at least twice hub.heartbeatMs/),
    'hub.retry.maxDelayMs: must not be less than hub.retry.initialDelayMs',
    'gateway.firstTokenTimeoutMs: must not be more than gateway.requestTimeoutMs',
  ]);
});

test('[MK-14 defaults-refused] production does not start on the default configuration', () => {
  const env = { REEVE_ENV: 'production' };
  expect(faultsOf({}, { env })).toEqual([
    'home: must be set in production: in a file, or by REEVE_HOME',
    'encryption.keys: must be set in production: in a file, or by REEVE_ENCRYPTION_KEYS',
    'audit.signingKey: must be set in production: in a file, or by REEVE_AUDIT_SIGNING_KEY',
    'tokens.keys: must be set in production: in a file, or by REEVE_TOKENS_KEYS',
  ]);
  const { value } = load(
    { 'reeve.production.toml': 'home = "/var/lib/reeve"' },
    { env: { ...env, ...productionKeys } },
  );
  expect(value).toMatchObject({ environment: 'production', demo: { enabled: false } });
});

test('production does not start the demo node', () => {
  const env = { ...production, REEVE_DEMO_ENABLED: 'true' };
  expect(faultsOf({}, { env })).toEqual([expect.stringMatching(/^environment REEVE_DEMO_ENABLED: demo.enabled: /)]);
});
