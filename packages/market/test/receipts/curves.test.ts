/** The native curve and the pure one are one: whichever a machine has, it makes and takes the same signatures. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keccak256 } from '../../src/domain/eip712/hash.ts';
import { hexOf } from '../../src/domain/eip712/hex.ts';
import type { Curve } from '../../src/signing/curve.ts';
import { loadNativeCurve } from '../../src/signing/native-curve.ts';
import { pureCurve } from '../../src/signing/pure-curve.ts';
import { addressOfKey, signDigest, signerOf } from '../../src/signing/signature.ts';

const native = loadNativeCurve();

test('[LD-05 batch] the known answer of EIP-155’s key: address and signature', () => {
  const key = new Uint8Array(32).fill(0x46);
  expect(addressOfKey(key)).toBe('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f');
  // daf5a779…53 is the digest that the example of EIP-155 signs.
  const digest = Uint8Array.from(
    Buffer.from('daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53', 'hex'),
  );
  const rs =
    '28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276' +
    '67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83';
  for (const curve of [pureCurve, ...(native ? [native] : [])]) {
    expect(signDigest(digest, key, curve).slice(2, 130)).toBe(rs);
  }
});

test('[LD-05 batch] pure and native sign alike and recover alike, each what the other signed', () => {
  const curves: Curve[] = [pureCurve, native ?? pureCurve];
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
  fc.assert(
    fc.property(bytes, bytes, (seed, message) => {
      const key = keccak256(seed);
      const digest = keccak256(message);
      const [a, b] = curves.map((curve) => signDigest(digest, key, curve));
      expect(a).toBe(b);
      for (const curve of curves) {
        expect(signerOf(digest, a!, curve)).toBe(addressOfKey(key));
        expect(hexOf(curve.publicKey(key))).toBe(hexOf(curves[0]!.publicKey(key)));
      }
    }),
    { numRuns: 25 },
  );
});

test('[LD-05 batch] what no key can have signed has no signer, on either curve', () => {
  for (const curve of [pureCurve, native ?? pureCurve]) {
    expect(signerOf(new Uint8Array(32), `0x${'00'.repeat(64)}1b`, curve)).toBeUndefined();
    expect(signerOf(new Uint8Array(32), `0x${'ff'.repeat(32)}${'01'.repeat(32)}1b`, curve)).toBeUndefined();
  }
});
