import { createDecipheriv, type KeyObject } from 'node:crypto';
import { defineError } from '@reeve/kernel';
import { boundTo, cipher, nonceBytes, sealedUnder, sealPrefix, tagBytes } from './format.ts';
import type { KeyChain } from './key-chain.ts';

export const EncryptionKeyUnknown = defineError({
  code: 'encryption_key_unknown',
  class: 'internal',
  title: 'The key of a stored value is not in the chain',
  meaning: 'A value was sealed under an encryption key that the configuration no longer holds, so nobody can read it.',
  remedy:
    'Put the key named in the detail back into `encryption.keys`; drop one only when `reeve encryption status` says so.',
});
export const SealBroken = defineError({
  code: 'seal_broken',
  class: 'internal',
  title: 'A stored value does not open',
  meaning: 'A sealed value was changed, cut or moved to another row, or its key is not the one that once had this id.',
  remedy: 'Restore the value from a backup, and look who could write the database; the detail names the place.',
});

/**
 * The text that was sealed for this place.
 * @throws EncryptionKeyUnknown; SealBroken when it was sealed for another place, or is not as it was.
 */
export function unseal(keys: KeyChain, sealed: string, place: string): string {
  const keyId = sealedUnder(sealed);
  if (keyId === undefined) throw broken(place, 'is not sealed');
  const key = keys.find(keyId);
  if (key !== undefined) return open(key, Buffer.from(sealed.slice(sealPrefix(keyId).length), 'base64'), place);
  throw EncryptionKeyUnknown.error(`${shown(place)} is sealed under the key ${keyId}, which is not in the chain`, {
    details: { keyId, place: shown(place) },
  });
}

function open(key: KeyObject, bytes: Buffer, place: string): string {
  const textAt = nonceBytes + tagBytes;
  try {
    const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
    opening.setAAD(boundTo(place));
    opening.setAuthTag(bytes.subarray(nonceBytes, textAt));
    return opening.update(bytes.subarray(textAt), undefined, 'utf8') + opening.final('utf8');
  } catch (cause) {
    throw broken(place, 'does not open', cause);
  }
}

function broken(place: string, how: string, cause?: unknown) {
  return SealBroken.error(`${shown(place)} ${how}`, { details: { place: shown(place) }, cause });
}

function shown(place: string): string {
  return place.replaceAll('\n', ' ');
}
