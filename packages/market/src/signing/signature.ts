import { keccak256 } from '../domain/eip712/hash.ts';
import { bytesOf, hexOf, type Hex } from '../domain/eip712/hex.ts';
import type { Curve } from './curve.ts';
import { loadNativeCurve } from './native-curve.ts';
import { pureCurve } from './pure-curve.ts';

/** Half of the order of the curve: of the two values of `s` that fit, only the lower one is a signature. */
const highestS = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const signatureBytes = 65;

export const curve: Curve = loadNativeCurve() ?? pureCurve;

/** `r ‖ s ‖ v` with `v` 27 or 28, as contracts take it. */
export function signDigest(digest: Uint8Array, key: Uint8Array, using: Curve = curve): Hex {
  const { compact, recovery } = using.sign(digest, key);
  const bytes = new Uint8Array(signatureBytes);
  bytes.set(compact);
  bytes[64] = 27 + recovery;
  return hexOf(bytes);
}

/**
 * The address whose key signed the digest; undefined when nothing could have: a wrong length, a `v` other than 27 and
 * 28, or the higher of the two values of `s`, with which anybody can make a second signature out of a first.
 */
export function signerOf(digest: Uint8Array, signature: Hex, using: Curve = curve): Hex | undefined {
  const bytes = bytesOf(signature);
  const recovery = bytes.length === signatureBytes ? bytes[64]! - 27 : -1;
  if (recovery !== 0 && recovery !== 1) return undefined;
  if (BigInt(hexOf(bytes.subarray(32, 64))) > highestS) return undefined;
  try {
    return addressOf(using.recover(bytes.subarray(0, 64), recovery, digest));
  } catch {
    return undefined; // no point of the curve belongs to it
  }
}

/** The address of a private key of 32 bytes. @throws when the bytes are no key */
export function addressOfKey(key: Uint8Array): Hex {
  return addressOf(curve.publicKey(key));
}

function addressOf(publicKey: Uint8Array): Hex {
  return hexOf(keccak256(publicKey).subarray(12));
}
