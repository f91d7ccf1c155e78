import { secp256k1 } from '@noble/curves/secp256k1.js';
import type { Curve } from './curve.ts';

/** In JavaScript alone: 1.3 k signatures and 650 checks a second on a core of the measured machine. */
export const pureCurve: Curve = {
  name: 'pure',
  sign(digest, key) {
    const bytes = secp256k1.sign(digest, key, { prehash: false, format: 'recovered' });
    return { compact: bytes.subarray(1), recovery: bytes[0]! };
  },
  recover(compact, recovery, digest) {
    const bytes = new Uint8Array(65);
    bytes[0] = recovery;
    bytes.set(compact, 1);
    const compressed = secp256k1.recoverPublicKey(bytes, digest, { prehash: false });
    return secp256k1.Point.fromBytes(compressed).toBytes(false).subarray(1);
  },
  publicKey: (key) => secp256k1.getPublicKey(key, false).subarray(1),
};
