/** The two acts on secp256k1 that signatures of EVM chains need. Digests are 32 bytes, signatures `r ‖ s`. */
export interface Curve {
  readonly name: 'native' | 'pure';
  /** Deterministic (RFC 6979): the same key and digest give the same signature, with the lower `s`. */
  sign(digest: Uint8Array, key: Uint8Array): { readonly compact: Uint8Array; readonly recovery: number };
  /** `x ‖ y` of the public key. Throws when no key could have made the signature. */
  recover(compact: Uint8Array, recovery: number, digest: Uint8Array): Uint8Array;
  /** `x ‖ y`. Throws when the bytes are no key. */
  publicKey(key: Uint8Array): Uint8Array;
}
