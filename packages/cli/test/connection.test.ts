import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findConnection } from '../src/connection.ts';
import type { Environment } from '../src/environment.ts';

let home: string;
beforeEach(() => {
  home = join(mkdtempSync(join(tmpdir(), 'reeve-connection-')), '.reeve');
  mkdirSync(home);
});
afterEach(() => rmSync(home, { recursive: true }));

const dev = { url: 'http://127.0.0.1:4400', apiKey: 'user-key', ownerKey: 'owner-key' };
const writeDev = (content: unknown = dev): void =>
  writeFileSync(join(home, 'dev.json'), typeof content === 'string' ? content : JSON.stringify(content));

function environment(more: Partial<Environment> = {}): Environment {
  return { url: undefined, apiKey: undefined, home, loginFile: '/nowhere', wantsColour: false, debug: false, ...more };
}

test('the file of a hub started here says where it is, and which key fits the command', () => {
  writeDev();
  const source = join(home, 'dev.json');
  expect(findConnection({}, environment(), 'user')).toEqual({ url: dev.url, apiKey: 'user-key', source });
  expect(findConnection({}, environment(), 'owner')).toEqual({ url: dev.url, apiKey: 'owner-key', source });
});

test('flags come before the environment, the environment before the file', () => {
  writeDev();
  const fromEnvironment = environment({ url: 'http://env', apiKey: 'env-key' });
  expect(findConnection({}, fromEnvironment, 'user')).toMatchObject({ url: 'http://env', apiKey: 'env-key' });
  const flags = { url: 'http://flag', key: 'flag-key' };
  expect(findConnection(flags, fromEnvironment, 'user')).toEqual({
    url: 'http://flag',
    apiKey: 'flag-key',
    source: '--url',
  });
  expect(findConnection({ key: 'flag-key' }, environment(), 'user')).toMatchObject({
    url: dev.url,
    apiKey: 'flag-key',
  });
});

test('[FD-03] a key from the file goes only to the address in the file', () => {
  writeDev();
  expect(findConnection({ url: 'http://elsewhere:4400' }, environment(), 'owner').apiKey).toBeUndefined();
  expect(findConnection({ url: 'http://127.0.0.1:4400/' }, environment(), 'owner').apiKey).toBe('owner-key');
});

test('without any, says what would help', () => {
  expect(() => findConnection({}, environment(), 'user')).toThrow(join(home, 'dev.json'));
});

test.each(['{"url": "http://x"', '{}', '{"url": 5, "apiKey": "a"}'])('a damaged file is named: %s', (content) => {
  writeDev(content);
  expect(() => findConnection({}, environment(), 'user')).toThrow('does not hold url, apiKey and ownerKey');
});
