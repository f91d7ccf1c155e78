import { isAbsolute, join } from 'node:path';
import { expect, test } from 'vitest';
import { databaseUrl, describeConfiguration, loadSystemConfiguration } from '../../src/config/index.ts';
import { directoryWith, faultsOf, load } from './installation.ts';

test('without files and variables everything has its default', () => {
  const { value, environment, warnings } = load();
  expect(environment).toBe('development');
  expect(value).toMatchObject({ host: '127.0.0.1', port: 4400, demo: { enabled: true }, hub: { leaseTtlMs: 10_000 } });
  expect(warnings).toEqual([]);
});

test('each layer wins over those before it, setting by setting', () => {
  const files = {
    'reeve.toml':
      'port = 1\n[hub]\nleaseTtlMs = "21s"\nheartbeatMs = 1\n[hub.retry]\nfactor = 3\n[http]\ntrustProxy = true',
    'reeve.staging.toml': 'port = 2\n[hub]\nheartbeatMs = 2000\nmaxQueuedTasks = 7',
    'first.toml': 'port = 3\n[hub]\nmaxQueuedTasks = 8\ndefaultMaxAttempts = 8',
    'second.toml': 'port = 4\n[hub]\ndefaultMaxAttempts = 9',
  };
  const env = { REEVE_ENV: 'staging', REEVE_PORT: '5' };
  const { value } = load(files, { files: ['first.toml', 'second.toml'], env });
  expect(value).toMatchObject({
    environment: 'staging',
    port: 5,
    http: { trustProxy: true },
    hub: { leaseTtlMs: 21_000, heartbeatMs: 2_000, maxQueuedTasks: 8, defaultMaxAttempts: 9, retry: { factor: 3 } },
  });
});

test('the environment is decided by option, then REEVE_ENV, then reeve.toml, then is development', () => {
  const files = {
    'reeve.toml': 'environment = "staging"',
    'reeve.staging.toml': 'port = 1',
    'reeve.test.toml': 'port = 2',
    'reeve.development.toml': 'port = 3',
  };
  expect(load(files).value).toMatchObject({ environment: 'staging', port: 1 });
  expect(load(files, { env: { REEVE_ENV: 'test' } }).value).toMatchObject({ environment: 'test', port: 2 });
  const byOption = load(files, { env: { REEVE_ENV: 'test' }, flags: { environment: 'development' } });
  expect(byOption.value).toMatchObject({ environment: 'development', port: 3 });
});

test('a file that is read because of the environment cannot change it', () => {
  const files = { 'reeve.development.toml': 'environment = "production"' };
  expect(faultsOf(files)).toEqual([
    expect.stringMatching(/^file reeve.development.toml:1: environment: comes too late/),
  ]);
});

test('an environment that does not exist is refused and names no file', () => {
  const faults = faultsOf({}, { env: { REEVE_ENV: '../../etc/passwd' } });
  expect(faults).toEqual([
    expect.stringMatching(/^environment REEVE_ENV: environment: must be one of development, test/),
  ]);
});

test('variables are read as what their setting is', () => {
  const env = {
    REEVE_PORT: '4401',
    REEVE_HTTP_TRUST_PROXY: 'true',
    REEVE_HUB_LEASE_TTL_MS: '1m',
    REEVE_HUB_HEARTBEAT_MS: '1500',
    REEVE_HUB_INPUT_LIMIT_BYTES: '2MiB',
    REEVE_HUB_RETRY_JITTER: '0.25',
    REEVE_HTTP_CORS_ORIGINS: 'https://a.example, http://localhost:3000',
    REEVE_LOG_LEVEL: 'debug',
    REEVE_HOME: 'state',
    REEVE_HOST: '',
  };
  expect(load({}, { env }).value).toMatchObject({
    host: '127.0.0.1',
    port: 4401,
    http: { trustProxy: true, corsOrigins: ['https://a.example', 'http://localhost:3000'] },
    hub: { leaseTtlMs: 60_000, heartbeatMs: 1_500, inputLimitBytes: 2 * 1024 * 1024, retry: { jitter: 0.25 } },
    log: { level: 'debug' },
  });
});

test('flags of the command line win, and are checked like everything else', () => {
  const files = { 'reeve.toml': 'port = 4000' };
  const loaded = load(files, { env: { REEVE_PORT: '4001' }, flags: { port: 4002, 'demo.enabled': false } });
  expect(loaded.value).toMatchObject({ port: 4002, demo: { enabled: false } });
  expect(describeConfiguration(loaded)).toContainEqual(
    expect.objectContaining({ path: 'port', source: 'command line' }),
  );
  const [port, host] = faultsOf(files, { flags: { port: 99_999, host: '0.0.0.0' } });
  expect(port).toMatch(/^command line: port: must be .* not 99999$/);
  expect(host).toMatch(/^command line: host: 0\.0\.0\.0 can be reached from other machines/);
});

test('variables of clients, of commands, of tests and of others are left alone', () => {
  const env = {
    REEVE_URL: 'http://x',
    REEVE_API_KEY: 'k',
    REEVE_TEST_WITH: 'all',
    REEVE_TASK_ID: 't',
    PATH: '/bin',
    MY_REEVE_PORT: '1',
  };
  expect(load({}, { env }).value.port).toBe(4400);
});

test('home is an absolute path, and the database lies in it unless its path is absolute', () => {
  const directory = directoryWith();
  const at = (env: Record<string, string>) => loadSystemConfiguration({ directory, env }).value;
  expect(at({}).home).toBe(join(directory, '.reeve'));
  expect(databaseUrl(at({}))).toBe(`sqlite:${join(directory, '.reeve', 'reeve.db')}`);
  expect(databaseUrl(at({ REEVE_HOME: '/srv/reeve' }))).toBe('sqlite:/srv/reeve/reeve.db');
  for (const url of ['sqlite:/data/x.db', 'sqlite:///data/x.db'])
    expect(databaseUrl(at({ REEVE_DATABASE_URL: url }))).toBe('sqlite:/data/x.db');
  expect(isAbsolute(at({ REEVE_HOME: 'elsewhere' }).home)).toBe(true);
});

test('every setting tells where it comes from', () => {
  const files = {
    'reeve.toml':
      '# comment\nport = 4000\n\n[hub.retry]\nfactor = 3 # grows\n\n[http]\ncorsOrigins = [\n  "https://a.example",\n]\ntrustProxy = true\n',
    'extra.toml': 'hub.leaseTtlMs = "20s"\nlog = { level = "warn" }',
  };
  const rows = describeConfiguration(load(files, { files: ['extra.toml'], env: { REEVE_HUB_HEARTBEAT_MS: '1s' } }));
  const sources = Object.fromEntries(rows.map(({ path, source }) => [path, source]));
  expect(sources).toMatchObject({
    port: 'file reeve.toml:2',
    'hub.retry.factor': 'file reeve.toml:5',
    'http.corsOrigins': 'file reeve.toml:8',
    'http.trustProxy': 'file reeve.toml:11',
    'hub.leaseTtlMs': 'file extra.toml:1',
    'log.level': 'file extra.toml:2',
    'hub.heartbeatMs': 'environment REEVE_HUB_HEARTBEAT_MS',
    host: 'default',
  });
});
