import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { defineError } from '@reeve/kernel';
import type { ChainHead } from './find-fault.ts';

export const AuditKeyUnusable = defineError({
  code: 'audit_key_unusable',
  class: 'invalid',
  title: 'The key that signs audit heads cannot be used',
  meaning: 'The secret holds no Ed25519 private key in PEM as its first key.',
  remedy: 'Make one with `openssl genpkey -algorithm ed25519`; older keys, to check with, follow it in the same file.',
});

/** Where the audit chain was at a time, signed by a key that is not in the database. */
export interface SignedHead extends ChainHead {
  readonly atMs: number;
  /** Beginning of the SHA-256 of the public key. */
  readonly keyId: string;
  /** Ed25519 over `signedText`, in base64. */
  readonly signature: string;
}

/** Signs heads, and checks those signed by this key or an older one. */
export interface HeadKeys {
  sign(head: ChainHead, atMs: number): SignedHead;
  isGenuine(head: SignedHead): boolean;
}

/** A new key, as the text that is kept of it. */
export function newHeadKeyText(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

const pemBlock = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g;

/**
 * Reads the keys from PEM: the first is private and signs, all check; older ones may be there as private or public keys.
 * @throws AuditKeyUnusable
 */
export function parseHeadKeys(pem: string, what: string): HeadKeys {
  const blocks = pem.match(pemBlock) ?? [];
  const active = readKey(what, () => createPrivateKey(blocks[0] ?? ''));
  const known = new Map(blocks.map((block) => [keyIdOf(readKey(what, () => createPublicKey(block))), block]));
  const keyId = keyIdOf(createPublicKey(active));
  return {
    sign(head, atMs) {
      const signed = { sequence: head.sequence, hash: head.hash, atMs, keyId };
      return { ...signed, signature: sign(null, signedText(signed), active).toString('base64') };
    },
    isGenuine(head) {
      const block = known.get(head.keyId);
      return block !== undefined && verify(null, signedText(head), block, Buffer.from(head.signature, 'base64'));
    },
  };
}

function readKey(what: string, read: () => KeyObject): KeyObject {
  try {
    const key = read();
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below; the cause could quote the key.
  }
  throw AuditKeyUnusable.error(`${what} must begin with an Ed25519 private key in PEM`);
}

function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

function signedText({ sequence, hash, atMs, keyId }: Omit<SignedHead, 'signature'>): Buffer {
  return Buffer.from(`reeve audit head 1\n${sequence}\n${hash}\n${atMs}\n${keyId}`);
}
