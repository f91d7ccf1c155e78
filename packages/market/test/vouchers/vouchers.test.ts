/** Vouchers as the stock client of x402 signs them, and what neither side can get out of them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, hexOf, type Hex } from '../../src/domain/eip712/hex.ts';
import { exposureOf } from '../../src/domain/vouchers/exposure.ts';
import { channelIdOf, voucherDigest } from '../../src/domain/vouchers/voucher.ts';
import { addressOfKey, signDigest, signerOf } from '../../src/signing/signature.ts';
import type { OpenChannel, SignedVoucher } from '../../src/vouchers/channel.ts';
import { VoucherBook } from '../../src/vouchers/voucher-book.ts';
import { VoucherWriter } from '../../src/vouchers/voucher-writer.ts';

const chainId = 31_337;
const key = new Uint8Array(32).fill(0x77);
const of = (byte: string): Hex => `0x${byte.repeat(20)}`;
const config = {
  payer: of('11'),
  payerAuthorizer: of('22'),
  receiver: of('33'),
  receiverAuthorizer: of('44'),
  token: of('55'),
  withdrawDelaySeconds: 86_400,
  salt: `0x${'66'.repeat(32)}` as Hex,
};
const channelId = channelIdOf(config, chainId);
const channel: OpenChannel = { channelId, chainId, signer: addressOfKey(key), depositMicroUsd: 1_000n };

test('[MK-05 token-vouchers] channel id, digest and signature are those that viem makes of the types of x402', () => {
  expect(channelId).toBe('0xb3c44c903613255adab3447ecf0f8d80e15ba4f337601893a4b95e843567dcb1');
  const digest = voucherDigest({ channelId, maxClaimableAmount: 1_234_567n }, chainId);
  expect(signDigest(digest, key)).toBe(
    '0x2887cb1e4b053c6a3347c34725b310389495584efbdd0a78e135333cdd8e915a1f45805bd5a74a53d3d370855c6889d11f6ec819b55c61ca15bb365cbf4e60e21c',
  );
  expect(signerOf(digest, signDigest(digest, key))).toBe('0xae72a48c1a36bd18af168541c53037965d26e4a8');
});

test('[MK-05 claim-limit] a node takes nothing for another chain, channel or key, above the deposit, or not above the last', () => {
  const book = new VoucherBook(channel, 10n);
  const signed = (changes: Partial<SignedVoucher> = {}, chain = chainId, by = key): SignedVoucher => {
    const voucher = { channelId, maxClaimableAmount: 100n, ...changes };
    return { ...voucher, signature: changes.signature ?? signDigest(voucherDigest(voucher, chain), by) };
  };
  const good = signed();
  const mirrored = bytesOf(good.signature);
  mirrored[64] = mirrored[64] === 27 ? 28 : 27;
  const wrong = [
    signed({ channelId: `0x${'00'.repeat(32)}` }),
    signed({}, 1),
    signed({}, chainId, new Uint8Array(32).fill(1)),
    signed({ maxClaimableAmount: 1_001n }),
    signed({ maxClaimableAmount: 0n }),
    { ...good, maxClaimableAmount: 101n },
    { ...good, signature: hexOf(mirrored) },
  ];
  for (const voucher of wrong)
    expect(() => book.take(voucher)).toThrow(expect.objectContaining({ code: 'voucher_refused' }));
  book.take(good);
  expect(() => book.take(good)).toThrow('not above 100');
  expect(() => book.take(signed({ maxClaimableAmount: 99n }))).toThrow('not above 100');
  book.take(signed({ maxClaimableAmount: 1_000n }));
  expect(book.highest?.maxClaimableAmount).toBe(1_000n);
});

test('[LD-03 voucher] a client signs for the current fence alone: late work of an older one is not paid', () => {
  const writer = new VoucherWriter(channel, key);
  expect(() => writer.pay(1, 1n)).toThrow('none is');
  writer.begin(1);
  expect(writer.pay(1, 5_000_000n).maxClaimableAmount).toBe(5n);
  writer.begin(2);
  expect(() => writer.pay(1, 1n)).toThrow('fence 1 is not current; 2 is');
  expect(() => writer.begin(2)).toThrow('not above 2');
  expect(writer.pay(2, 1_000_000n).maxClaimableAmount).toBe(6n);
});

test('[MK-05 claim-limit] sums only grow, stay below the deposit, and are rounded down once', () => {
  const amounts = fc.array(fc.bigInt({ min: 0n, max: 400_000_000n }), { maxLength: 12 });
  fc.assert(
    fc.property(amounts, (parts) => {
      const writer = new VoucherWriter(channel, key);
      writer.begin(1);
      let [owed, last] = [0n, 0n];
      for (const part of parts) {
        const sum = (owed + part) / 1_000_000n;
        if (sum > channel.depositMicroUsd) {
          expect(() => writer.pay(1, part)).toThrow('above the deposit');
          continue;
        }
        owed += part;
        const { maxClaimableAmount } = writer.pay(1, part);
        expect(maxClaimableAmount).toBe(sum);
        expect(maxClaimableAmount >= last).toBe(true);
        last = maxClaimableAmount;
      }
    }),
    { numRuns: 30 },
  );
});

test('[MK-05 credit-limit] [MK-05 stated] [LD-04 bound] a node stops at its credit, which is what either side can lose at most', () => {
  const price = { inputMicroUsd: 150_000n, outputMicroUsd: 600_000n };
  const exposure = exposureOf(price, 100_000);
  expect(exposure).toEqual({ creditMicroUsd: 154n, clientMicroUsd: 15_000n, nodeMicroUsd: 15_000n });
  expect(exposureOf(price, 0, 20n)).toEqual({ creditMicroUsd: 20n, clientMicroUsd: 20n, nodeMicroUsd: 20n });
  const book = new VoucherBook(channel, 20n);
  const writer = new VoucherWriter(channel, key);
  writer.begin(1);
  let given = 0n;
  for (let unpaid = 0; book.mayGive(600_000n); unpaid++) {
    if (unpaid > 1_000) throw new Error('it never stops');
    book.give(600_000n);
    given += 600_000n;
  }
  expect(given / 1_000_000n).toBe(19n);
  book.take(writer.pay(1, given));
  expect(book.mayGive(600_000n)).toBe(true);
});
