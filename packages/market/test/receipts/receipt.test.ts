/** The bytes of receipts, their tree, and what a signature over it stands for. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReceiptOutcome } from '../../src/api/receipts.ts';
import { keccak256 } from '../../src/domain/eip712/hash.ts';
import { bytesOf, hexOf, type Hex } from '../../src/domain/eip712/hex.ts';
import { acceptanceDigest, batchDigest } from '../../src/domain/receipts/batch.ts';
import { encodedBytes, encodeReceipt, leafOf } from '../../src/domain/receipts/leaf.ts';
import { merkleLevels, merkleRoot, proofOf, rootFrom } from '../../src/domain/receipts/merkle.ts';
import { costOf, type Receipt } from '../../src/domain/receipts/receipt.ts';
import { batchRoot } from '../../src/signing/batch-root.ts';
import { addressOfKey, signDigest, signerOf } from '../../src/signing/signature.ts';
import { anyReceipt, sampleReceipt } from './arbitrary-receipts.ts';

const outcomes = ReceiptOutcome.options;
const key = new Uint8Array(32).fill(7);
const node = addressOfKey(key);
const leaf = (value: number): Uint8Array => keccak256(Uint8Array.of(value >> 8, value & 0xff));

test('[LD-05 off-path] while the root of a full batch is made everything else has its turn', async () => {
  const receipts = Array.from({ length: 256 }, (_, index) => sampleReceipt(index + 1));
  let turns = 0;
  let done = false;
  const count = (): void => void (done || ((turns += 1), setImmediate(count)));
  setImmediate(count);
  const root = await batchRoot(receipts);
  done = true;
  expect(root).toBe(hexOf(merkleRoot(receipts.map(leafOf))));
  expect(turns).toBeGreaterThanOrEqual(7);
});

describe('encoding', () => {
  test('[MK-04 receipt] has a fixed length, and different receipts have different leaves', () => {
    fc.assert(
      fc.property(anyReceipt, anyReceipt, (a, b) => {
        expect(encodeReceipt(a).length).toBe(encodedBytes);
        const same = JSON.stringify(a, text) === JSON.stringify(b, text);
        expect(hexOf(leafOf(a)) === hexOf(leafOf(b))).toBe(same);
      }),
    );
  });

  test('[MK-04 receipt] changes with every single field', () => {
    const base = sampleReceipt();
    const changed: Partial<Receipt>[] = [
      { taskId: '0198c0de-0000-7000-8000-000000000002' },
      { fence: 5 },
      { sequence: 2 },
      ...outcomes.slice(1).map((outcome) => ({ outcome })),
      { requestHash: `0x${'33'.repeat(32)}` },
      { responseHash: `0x${'33'.repeat(32)}` },
      { model: 'sim-smalk' },
      { promptTokens: 13 },
      { completionTokens: 35 },
      { priceInputMicroUsd: 150_001n },
      { priceOutputMicroUsd: 600_001n },
      { costPicoUsd: 1n },
      { channel: `0x${'01'.repeat(32)}` },
      { endedAtMs: 1 },
    ];
    expect(new Set(changed.flatMap(Object.keys))).toEqual(new Set(Object.keys(base)));
    const leaves = [base, ...changed.map((change) => ({ ...base, ...change }))].map((one) => hexOf(leafOf(one)));
    expect(new Set(leaves).size).toBe(changed.length + 1);
  });

  test('[MK-04 receipt] refuses numbers that are not exact, or do not fit', () => {
    expect(() => leafOf(sampleReceipt(1, { promptTokens: 2 ** 53 }))).toThrow('no exact whole number');
    expect(() => leafOf(sampleReceipt(1, { promptTokens: -1 }))).toThrow('does not fit');
    expect(() => leafOf(sampleReceipt(1, { priceInputMicroUsd: 2n ** 64n, costPicoUsd: 1n }))).toThrow('does not fit');
  });

  test('[LD-04 outcomes] what gave nothing costs nothing', () => {
    const costs = outcomes.map((outcome) => costOf(sampleReceipt(1, { outcome })));
    expect(costs).toEqual([22_200_000n, 22_200_000n, 0n, 0n]);
  });
});

describe('tree', () => {
  test('[LD-05 batch] the proof of every leaf holds, in trees of 1 to 300', () => {
    const all = Array.from({ length: 300 }, (_, at) => leaf(at));
    const counts = [...all.keys()].map((at) => at + 1).filter((count) => count < 40 || count % 37 === 0 || count > 297);
    for (const count of [...counts, 255, 256, 257]) {
      const leaves = all.slice(0, count);
      const levels = merkleLevels(leaves);
      const root = hexOf(merkleRoot(leaves));
      for (const index of leaves.keys()) expect(hexOf(rootFrom(leaves[index]!, proofOf(levels, index))!)).toBe(root);
    }
  });

  test('[LD-05 batch] a proof holds for no other leaf, place or number of leaves, nor with a neighbour changed or lacking', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 300 }), fc.nat(), fc.nat(), fc.nat(), (count, at, other, byte) => {
        const leaves = Array.from({ length: count }, (_, each) => leaf(each));
        const index = at % count;
        const proof = proofOf(merkleLevels(leaves), index);
        const root = hexOf(merkleRoot(leaves));
        const rootBy = (changes: object, of = leaves[index]!): string | undefined => {
          const hash = rootFrom(of, { ...proof, ...changes });
          return hash && hexOf(hash);
        };
        expect(rootBy({}, leaf(count + 1))).not.toBe(root);
        const place = other % count;
        if (place !== index) expect(rootBy({ index: place })).not.toBe(root);
        const siblings = proof.siblings.map((sibling) => Uint8Array.from(sibling));
        siblings[byte % siblings.length]![byte % 32]! ^= 1;
        expect(rootBy({ siblings })).not.toBe(root);
        expect(rootBy({ siblings: proof.siblings.slice(1) })).not.toBe(root);
        expect(rootBy({ siblings: [...proof.siblings, leaf(0)] })).toBeUndefined();
        for (const wrong of [-1, count, 0.5, Number.NaN]) expect(rootBy({ index: wrong })).toBeUndefined();
      }),
    );
  });

  test('[LD-05 batch] an inner node cannot be passed off as a leaf: what is hashed begins otherwise', () => {
    const leaves = [sampleReceipt(1), sampleReceipt(2)].map(leafOf);
    const inner = Uint8Array.of(1, ...leaves[0]!, ...leaves[1]!);
    expect(hexOf(merkleRoot(leaves))).toBe(hexOf(keccak256(inner)));
    expect(encodeReceipt(sampleReceipt())[0]).toBe(0);
    fc.assert(fc.property(anyReceipt, (receipt) => encodeReceipt(receipt)[0] !== 1));
  });
});

describe('signature', () => {
  const batch = { chainId: 31_337, node, sequence: 4, root: hexOf(leaf(1)) };
  const signature = signDigest(batchDigest(batch), key);

  test('[LD-05 batch] is of the node, and of no other chain, node, sequence or root', () => {
    expect(signerOf(batchDigest(batch), signature)).toBe(node);
    const others = [
      { chainId: 1 },
      { node: addressOfKey(new Uint8Array(32).fill(8)) },
      { sequence: 5 },
      { root: hexOf(leaf(2)) },
    ];
    for (const other of others) expect(signerOf(batchDigest({ ...batch, ...other }), signature)).not.toBe(node);
    expect(signerOf(acceptanceDigest(batch, 0n), signature)).not.toBe(node);
  });

  test('[LD-05 batch] breaks with any bit of it changed', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.nat(7), (at, bit) => {
        const bytes = bytesOf(signature);
        bytes[at]! ^= 1 << bit;
        expect(signerOf(batchDigest(batch), hexOf(bytes))).not.toBe(node);
      }),
    );
  });

  test('[LD-05 batch] has no second form: the higher s, a recovery number as 0 or 1, and other lengths are refused', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const bytes = bytesOf(signature);
    const mirrored = order - BigInt(hexOf(bytes.subarray(32, 64)));
    const twin = `0x${signature.slice(2, 66)}${mirrored.toString(16).padStart(64, '0')}${bytes[64] === 27 ? '1c' : '1b'}`;
    expect(signerOf(batchDigest(batch), twin as Hex)).toBeUndefined();
    const bare = Uint8Array.from(bytes);
    bare[64]! -= 27;
    expect(signerOf(batchDigest(batch), hexOf(bare))).toBeUndefined();
    expect(signerOf(batchDigest(batch), hexOf(bytes.subarray(0, 64)))).toBeUndefined();
  });
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value;
}
