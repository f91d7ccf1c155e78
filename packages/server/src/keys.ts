import { link, open, readFile, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { defineError } from '@reeve/kernel';
import {
  KeyChainUnusable,
  newHeadKeyText,
  newKeyChainText,
  parseHeadKeys,
  parseKeyChain,
  type HeadKeys,
  type KeyChain,
  type SystemConfiguration,
} from '@reeve/platform';

export const ReceiptKeyUnusable = defineError({
  code: 'receipt_key_unusable',
  class: 'invalid',
  title: 'The file does not hold a key for receipts',
  meaning:
    'The key with which receipts are signed is one line of 64 hexadecimal digits; the file holds something else.',
  remedy: 'Bring the file back from a copy. A new key (move the file away) is another node, whose receipts begin anew.',
});

type Configured = SystemConfiguration['encryption']['keys'];

/** The keys under which the database seals: as configured, else those of the home folder, made at the first start. */
export async function encryptionKeys({ encryption, home }: SystemConfiguration): Promise<KeyChain> {
  return keyChainOf(encryption.keys, 'encryption.keys', join(home, 'encryption.keys'));
}

/** The same where there must be some already: for what was sealed before. @throws KeyChainUnusable */
export async function knownEncryptionKeys({ encryption, home }: SystemConfiguration): Promise<KeyChain> {
  if (encryption.keys !== undefined) return parseKeyChain(encryption.keys.reveal(), 'encryption.keys');
  const path = join(home, 'encryption.keys');
  const text = await readFile(path, 'utf8').catch(unless('ENOENT'));
  if (text !== undefined) return parseKeyChain(text, path);
  throw KeyChainUnusable.error(`${path} is not there; put the encryption keys of the hub there, or configure them`);
}

/** The keys that sign the tokens of people: as configured, else those of the home folder, made at the first start. */
export async function tokenKeys({ tokens, home }: SystemConfiguration): Promise<KeyChain> {
  return keyChainOf(tokens.keys, 'tokens.keys', join(home, 'token.keys'));
}

/** The keys that sign audit heads: as configured, else that of the home folder, made at the first start. */
export async function headKeys({ audit, home }: SystemConfiguration): Promise<HeadKeys> {
  if (audit.signingKey !== undefined) return parseHeadKeys(audit.signingKey.reveal(), 'audit.signingKey');
  const path = join(home, 'audit.key');
  return parseHeadKeys(await keptIn(path, newHeadKeyText), path);
}

/** A private key of secp256k1, with which receipts are signed or countersigned; made at the first start. */
export async function receiptKey(path: string): Promise<Uint8Array> {
  const text = (await keptIn(path, () => `${randomBytes(32).toString('hex')}\n`)).trim();
  if (/^[0-9a-f]{64}$/.test(text)) return Uint8Array.from(Buffer.from(text, 'hex'));
  throw ReceiptKeyUnusable.error(`${path} does not hold a key: 64 hexadecimal digits`);
}

async function keyChainOf(configured: Configured, setting: string, path: string): Promise<KeyChain> {
  if (configured !== undefined) return parseKeyChain(configured.reveal(), setting);
  return parseKeyChain(await keptIn(path, () => newKeyChainText('k1')), path);
}

/** The text of a file that only its owner may read; made on the first start, whole and on disk before it is used. */
async function keptIn(path: string, make: () => string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(unless('ENOENT'));
  if (known !== undefined) return known;
  const beside = `${path}.${process.pid}`;
  await writePrivately(beside, make());
  await link(beside, path).catch(unless('EEXIST')); // another process was first: its keys count
  await rm(beside);
  await syncFolder(dirname(path));
  return readFile(path, 'utf8');
}

async function writePrivately(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await using file = await open(path, 'wx', 0o600);
  await file.writeFile(text);
  await file.sync();
}

/** So that the name of the file is on disk too: what it seals must never outlive it. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
