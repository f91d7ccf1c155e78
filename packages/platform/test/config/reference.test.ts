import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  configurationPage,
  configurationTable,
  describeConfiguration,
  exampleToml,
  loadConfiguration,
  systemSchema,
} from '../../src/config/index.ts';
import { durationMs, sizeBytes } from '../../src/config/field.ts';
import { fieldsOf } from '../../src/config/fields.ts';
import { formatSizeBytes, parseSizeBytes } from '../../src/config/size.ts';
import { linesOfKeys } from '../../src/config/toml-lines.ts';
import { directoryWith, load } from './installation.ts';

const { fields, sections } = fieldsOf(systemSchema);

test('every setting and section is described, and every setting has a variable of its own', () => {
  for (const { description } of [...fields, ...sections]) expect(description).toMatch(/^[A-Za-z].*\.$/);
  expect(new Set(fields.map(({ variable }) => variable)).size).toBe(fields.length);
  expect(fields.map(({ variable }) => variable)).toEqual(
    expect.arrayContaining(['REEVE_ENV', 'REEVE_PORT', 'REEVE_HOME', 'REEVE_DATABASE_URL', 'REEVE_HUB_LEASE_TTL_MS']),
  );
});

test('every default is itself a valid value', () => {
  const defaults = fields.flatMap(({ path, schema, defaultValue, environmentRule }) =>
    [defaultValue, ...Object.values(environmentRule.defaults ?? {})].map((value) => ({ path, schema, value })),
  );
  const given = defaults.filter(({ value }) => value !== undefined);
  expect(given.filter(({ schema, value }) => schema.safeParse(value).data !== value).map(({ path }) => path)).toEqual([
    // An empty list is equal, not the same.
    'http.corsOrigins',
    'hub.tenants.exceptions',
  ]);
});

test('the example, with every setting uncommented, is the default configuration', () => {
  const toml = exampleToml()
    .replaceAll(/^# (?=\w+ = )/gm, '')
    .replaceAll('/path/of/the/secret', 'key.txt');
  const uncommented = load({ 'reeve.toml': toml, 'key.txt': 'k' });
  const expected = load({}, { env: { REEVE_DEMO_ENABLED: 'false' } });
  const limits = { requestsPerMinute: 60_000, requestBurst: 600, anonymousPerMinute: 6_000 };
  const { hub, database, http, tracing } = expected.value;
  const apart = {
    limits,
    hub: { ...hub, tenants: { ...hub.tenants, maxLiveTasks: 500_000 } },
    http: { ...http, tls: { certificateFile: '/path/of/the/file', key: expect.any(Object) } },
    tracing: { ...tracing, endpoint: 'http://127.0.0.1:4318/v1/traces', authorization: expect.any(Object) },
    database: { ...database, password: expect.any(Object) },
    home: expect.any(String),
    node: expect.any(Object),
    encryption: expect.any(Object),
    tokens: expect.any(Object),
    audit: expect.any(Object),
  };
  expect(uncommented.value).toEqual({ ...expected.value, ...apart });
  const { node } = uncommented.value;
  expect(node.backendApiKey?.reveal()).toBe('k');
  expect([...uncommented.sources.values()].every(({ kind }) => kind === 'file')).toBe(true);
});

test('the example as it is sets nothing', () => {
  expect([...load({ 'reeve.toml': exampleToml() }).sources.values()].every(({ kind }) => kind === 'default')).toBe(
    true,
  );
});

test('the page names every setting with its variable, its default and its description', () => {
  const page = configurationPage();
  for (const { path, variable, description } of fields) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${path}\` |`));
    expect(row).toContain(`\`${variable}\``);
    expect(row).toContain(description);
  }
  expect(page).toContain('| `hub.leaseTtlMs` | `REEVE_HUB_LEASE_TTL_MS` | a duration from 1s to 1h');
  expect(page).toContain('`false`; `true` in development');
  expect(page).toContain('*required in production*');
});

test('the table lines up path, value and source', () => {
  const table = configurationTable(describeConfiguration(load({}, { env: { REEVE_PORT: '5' } })));
  const row = table.split('\n').find((line) => line.startsWith('port '))!;
  expect(row).toMatch(/^port +5 +environment REEVE_PORT$/);
  expect(table).toMatch(/^node\.backendApiKey +\(not set\) +default$/m);
  expect(table).toMatch(/^hub\.leaseTtlMs +"10s" +default$/m);
});

test('a shown value reads back as the same value', () => {
  const schema = z.strictObject({ wait: durationMs(), size: sizeBytes() });
  for (const [wait, size] of [
    [61_234, 1_000_001],
    [90_000, 3 * 2 ** 20],
    [1, 1],
    [0, 1024],
  ]) {
    const directory = directoryWith({ 'reeve.toml': `wait = ${wait}\nsize = ${size}` });
    const loaded = loadConfiguration({ schema, directory, env: {} });
    const again = describeConfiguration(loaded)
      .map(({ path, value }) => `${path} = ${value}`)
      .join('\n');
    const reloaded = loadConfiguration({ schema, directory: directoryWith({ 'reeve.toml': again }), env: {} });
    expect(reloaded.value).toEqual({ wait, size });
  }
});

test('sizes are read with binary and decimal units, and nothing else is', () => {
  expect(['1MiB', '256 KiB', '1.5kB', '2GB', '7B', '1mib'].map(parseSizeBytes)).toEqual([
    1_048_576, 262_144, 1_500, 2_000_000_000, 7, 1_048_576,
  ]);
  expect(['1', 'MiB', '1 XB', '-1MiB', '1MiB2', ''].map(parseSizeBytes)).toEqual(Array(6).fill(undefined));
  expect([1_048_576, 1_000, 1_536, 0].map(formatSizeBytes)).toEqual(['1MiB', '1000', '1536', '0']);
});

test('a setting without default must be set, and a field that is no building block is a defect', () => {
  const schema = z.strictObject({ wait: durationMs().describe('Wait.') });
  expect(() => loadConfiguration({ schema, directory: directoryWith(), env: {} })).toThrow('wait: must be set');
  const raw = z.strictObject({ wait: z.number() });
  expect(() => loadConfiguration({ schema: raw, directory: directoryWith(), env: {} })).toThrow('building blocks');
});

test('lines are found whatever form TOML takes', () => {
  const toml = `a = 1
"quoted" = 2 # [not.a.section]
s = """
[inside]
a = 5
"""
list = [
  1, # one
  2,
]

[section]
b.c = 3
inline = { d = 1, e = { f = 2 } }

  [ section . inner ]
g = '#'
[[tables]]
h = 1
[[tables]]
h = 2
`;
  expect(Object.keys(parse(toml))).toContain('tables');
  expect(Object.fromEntries(linesOfKeys(toml))).toMatchObject({
    a: 1,
    quoted: 2,
    s: 3,
    list: 7,
    section: 12,
    'section.b.c': 13,
    'section.inline.e.f': 14,
    'section.inner': 16,
    'section.inner.g': 17,
    tables: 18,
    'tables.h': 19,
  });
});
