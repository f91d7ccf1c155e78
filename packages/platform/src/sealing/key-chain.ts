import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { defineError } from '@reeve/kernel';
import { rememberSecret } from '../log/known-secrets.ts';

export const KeyChainUnusable = defineError({
  code: 'key_chain_unusable',
  class: 'invalid',
  title: 'A chain of keys cannot be used',
  meaning:
    'The secret that holds encryption or signing keys is empty, has a line that is not `<id>:<key>`, names an id twice, or holds a key that is too weak.',
  remedy:
    'Write one key on each line, the one in use first: `echo "k1:$(openssl rand -base64 32)"`. Keys have 256 random bits.',
});

/** AES-256 takes exactly this, and HMAC-SHA-256 gets its full strength from no less. */
const keyBytes = 32;

const linePattern = /^([a-z0-9][a-z0-9-]{0,31}):([A-Za-z0-9+/_-]{20,}={0,2})$/;

export interface ChainKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** Keys of one purpose by id. The active one is used for what is new; the others only read what is older. */
export interface KeyChain {
  readonly active: ChainKey;
  readonly ids: readonly string[];
  find(id: string): KeyObject | undefined;
}

/**
 * Reads a chain from its text: one key per line as `<id>:<base64 of 32 bytes>`, the active one first; empty lines and
 * lines that begin with `#` are for people.
 * @throws KeyChainUnusable naming `what` and the line, never the key.
 */
export function parseKeyChain(text: string, what: string): KeyChain {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const keys = lines
    .filter(({ line }) => line !== '' && !line.startsWith('#'))
    .map(({ line, number }) => parseLine(line, `${what}, line ${number}`));
  const [active] = keys;
  if (active === undefined) throw KeyChainUnusable.error(`${what} holds no key`);
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  if (byId.size < keys.length) throw KeyChainUnusable.error(`${what} has two keys with one id`);
  return { active, ids: [...byId.keys()], find: (id) => byId.get(id) };
}

/** The text of a chain with one new key. */
export function newKeyChainText(id: string): string {
  return `${id}:${randomBytes(keyBytes).toString('base64')}\n`;
}

function parseLine(line: string, where: string): ChainKey {
  const [, id, encoded] = linePattern.exec(line) ?? [];
  if (id === undefined || encoded === undefined)
    throw KeyChainUnusable.error(`${where}: must be <id>:<base64 of ${keyBytes} bytes>, the id of a–z, 0–9 and dash`);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.length !== keyBytes)
    throw KeyChainUnusable.error(`${where}: the key ${id} has ${bytes.length * 8} bits; it must have ${keyBytes * 8}`);
  if (new Set(bytes).size < keyBytes / 4)
    throw KeyChainUnusable.error(`${where}: the key ${id} is not random: it has hardly any different bytes`);
  rememberSecret(encoded);
  return { id, key: createSecretKey(bytes) };
}
