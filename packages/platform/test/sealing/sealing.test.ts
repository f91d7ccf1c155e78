import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EncryptionKeyUnknown, newKeyChainText, parseKeyChain, SealBroken } from '../../src/sealing/index.ts';
import { Sealer } from '../../src/sealing/sealer.ts';
import { unseal } from '../../src/sealing/unseal.ts';

const text = newKeyChainText('k1');
const keys = parseKeyChain(text, 'keys');
const sealer = new Sealer(keys.active);

describe('a sealed text', () => {
  test('[FD-05 tasks] opens at its place, and there alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (secret, place, elsewhere) => {
        const sealed = sealer.seal(secret, place);
        expect(unseal(keys, sealed, place)).toBe(secret);
        if (place !== elsewhere) expect(() => unseal(keys, sealed, elsewhere)).toThrow('does not open');
      }),
    );
  });

  test('[FD-05 tasks] does not open when any byte of it is another', () => {
    const sealed = sealer.seal('the secret', 'tasks.output:1');
    const start = 'e1.k1.'.length;
    const bytes = Buffer.from(sealed.slice(start), 'base64');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      expect(() => unseal(keys, sealed.slice(0, start) + changed.toString('base64'), 'tasks.output:1')).toThrow();
    }
    for (const cut of ['', 'e1.k1.', sealed.slice(0, -4), 'the secret'])
      expect(SealBroken.is(thrownBy(() => unseal(keys, cut, 'tasks.output:1')))).toBe(true);
  });

  test('[FD-05 nonce] has a nonce of its own, and so differs each time', () => {
    const sealed = Array.from({ length: 2_000 }, () => sealer.seal('same', 'tasks.output:1'));
    const nonces = sealed.map((each) => Buffer.from(each.slice(6), 'base64').subarray(0, 12).toString('hex'));
    expect(new Set(nonces).size).toBe(2_000);
  });

  test('[FD-05 rotation] opens as long as its key is in the chain, whichever is active; then it names the key', () => {
    const sealed = sealer.seal('old', 'x');
    const both = parseKeyChain(newKeyChainText('k2') + text, 'keys');
    expect(both.active.id).toBe('k2');
    expect(unseal(both, sealed, 'x')).toBe('old');
    const error = thrownBy(() => unseal(parseKeyChain(newKeyChainText('k2'), 'keys'), sealed, 'x'));
    expect(EncryptionKeyUnknown.is(error)).toBe(true);
    expect(error).toMatchObject({ details: { keyId: 'k1', place: 'x' } });
  });
});

describe('[FD-05 secrets] [FD-04 signing] a chain of keys is refused', () => {
  const good = randomBytes(32).toString('base64');
  const cases: Record<string, [string, string]> = {
    'that is empty': ['\n# only a comment\n', 'holds no key'],
    'with a line that is no key': [`k1:${good}\nhello`, 'line 2: must be'],
    'with an id nobody could read again': [`K_1:${good}`, 'line 1: must be'],
    'with a key of 128 bits': [`k1:${randomBytes(16).toString('base64')}`, 'has 128 bits; it must have 256'],
    'with a key that nobody drew at random': [`k1:${Buffer.alloc(32, 7).toString('base64')}`, 'is not random'],
    'with one id twice': [`k1:${good}\nk1:${randomBytes(32).toString('base64')}`, 'two keys with one id'],
  };
  test.each(Object.entries(cases))('%s', (_, [chain, message]) => {
    const error = thrownBy(() => parseKeyChain(chain, 'encryption.keys')) as Error;
    expect(error.message).toContain(`encryption.keys`);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain(good);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
