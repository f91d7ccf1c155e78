import { chmodSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { configurationTable, describeConfiguration, loadSystemConfiguration } from '../../src/config/index.ts';
import { directoryWith, faultLines, faultsOf, load, production } from './installation.ts';

const value = 'kX93mQ2vLz7T';

test('[FD-03 reference] a secret comes from the variable to which the configuration refers', () => {
  const files = { 'reeve.toml': '[node]\nbackendApiKey = { env = "BACKEND_KEY" }' };
  for (const env of [{ BACKEND_KEY: value }, { ...production, BACKEND_KEY: value }]) {
    const loaded = load(files, { env });
    expect(loaded.value.node.backendApiKey?.reveal()).toBe(value);
    expect(loaded.warnings).toEqual([]);
  }
});

test('[FD-03 reference] a secret comes from a file, read when it is needed', () => {
  const directory = directoryWith({
    'reeve.toml': '[node]\nbackendApiKey = { file = "key.txt" }',
    'key.txt': 'first',
  });
  const secret = loadSystemConfiguration({ directory, env: production }).value.node.backendApiKey!;
  writeFileSync(join(directory, 'key.txt'), `${value}\n`);
  expect(secret.reveal()).toBe(value);
  unlinkSync(join(directory, 'key.txt'));
  expect(secret.reveal()).toBe(value);
});

test('[FD-03 reference] a variable ending in _FILE names the file', () => {
  const directory = directoryWith({ 'key.txt': value });
  const env = { ...production, REEVE_NODE_BACKEND_API_KEY_FILE: join(directory, 'key.txt') };
  expect(loadSystemConfiguration({ directory, env }).value.node.backendApiKey?.reveal()).toBe(value);
});

test('a variable that holds a secret may itself begin with REEVE_', () => {
  const files = { 'reeve.toml': '[node]\nbackendApiKey = { env = "REEVE_MY_KEY" }' };
  expect(load(files, { env: { REEVE_MY_KEY: value } }).value.node.backendApiKey?.reveal()).toBe(value);
  expect(faultsOf({}, { env: { REEVE_MY_KEY: value } })).toHaveLength(1);
});

test('[FD-03 production] a secret in plain text is refused in production, and warned about elsewhere', () => {
  const files = { 'reeve.toml': `[node]\nbackendApiKey = "${value}"` };
  const variable = { REEVE_NODE_BACKEND_API_KEY: value };
  expect(faultsOf(files, { env: production })).toEqual([
    expect.stringMatching(
      /^file reeve.toml:2: node.backendApiKey: is a secret in plain text, which production refuses/,
    ),
  ]);
  expect(faultsOf({}, { env: { ...production, ...variable } })).toEqual([
    expect.stringMatching(/^environment REEVE_NODE_BACKEND_API_KEY: node.backendApiKey: is a secret in plain text/),
  ]);
  for (const loaded of [load(files), load({}, { env: variable })]) {
    expect(loaded.value.node.backendApiKey?.reveal()).toBe(value);
    expect(loaded.warnings).toEqual([expect.stringContaining('production will refuse it')]);
  }
});

test('[FD-03 production] a file that every user may read is refused in production, and warned about elsewhere', () => {
  const directory = directoryWith({ 'reeve.toml': '[node]\nbackendApiKey = { file = "key.txt" }', 'key.txt': value });
  chmodSync(join(directory, 'key.txt'), 0o644);
  const expected = expect.stringContaining('can be read by every user of this machine; chmod 600 it');
  expect(faultLines(() => loadSystemConfiguration({ directory, env: production }))).toEqual([expected]);
  expect(loadSystemConfiguration({ directory, env: {} }).warnings).toEqual([expected]);
  chmodSync(join(directory, 'key.txt'), 0o640);
  expect(loadSystemConfiguration({ directory, env: production }).warnings).toEqual([]);
});

test('a reference that leads nowhere is a fault at start, not at the first use', () => {
  const faultOf = (reference: string) => faultsOf({ 'reeve.toml': `[node]\nbackendApiKey = ${reference}` })[0];
  expect(faultOf('{ env = "NOT_SET" }')).toContain('environment variable NOT_SET, which is not set');
  expect(faultOf('{ file = "nowhere.txt" }')).toContain('file nowhere.txt, which does not exist');
  expect(faultOf('{ file = "." }')).toContain('which does not exist');
  for (const odd of ['{ vault = "x" }', '{ env = "A", file = "b" }', '{ env = 5 }', '{}', '5', '""', '["a"]'])
    expect(faultOf(odd)).toContain('must be a reference to a secret');
});

test('[FD-03 canary] a refused secret is in no message, and an accepted one in no description', () => {
  const plain = { 'reeve.toml': `[node]\nbackendApiKey = "${value}"` };
  const refused = [
    ...faultsOf(plain, { env: production }),
    ...faultsOf({ 'reeve.toml': `[node]\nbackendApiKey = ["${value}"]` }),
    ...faultsOf({ 'reeve.toml': `[node]\nbackendApiKey = { vault = "${value}" }` }),
  ];
  expect(refused).toHaveLength(3);
  const loaded = load(plain);
  const rows = describeConfiguration(loaded);
  const shown = [...refused, configurationTable(rows), JSON.stringify(rows), JSON.stringify(loaded), loaded.warnings];
  expect(shown.join('\n')).not.toContain(value);
  expect(rows.find(({ path }) => path === 'node.backendApiKey')?.value).toBe('[secret]');
});

test('a reference is shown as what it refers to', () => {
  const files = { 'reeve.toml': '[node]\nbackendApiKey = { env = "BACKEND_KEY" }' };
  const rows = describeConfiguration(load(files, { env: { BACKEND_KEY: value } }));
  expect(rows.find(({ path }) => path === 'node.backendApiKey')).toMatchObject({
    value: '{ env = "BACKEND_KEY" }',
    source: 'file reeve.toml:2',
  });
});
