/** The committed vectors, by which somebody else's verifier can be checked, are what this code makes and takes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ReceiptEvidence } from '../../src/api/receipts.ts';
import { hexOf } from '../../src/domain/eip712/hex.ts';
import { acceptanceDigest, batchDigest } from '../../src/domain/receipts/batch.ts';
import { encodeReceipt, leafOf } from '../../src/domain/receipts/leaf.ts';
import { receiptOf } from '../../src/domain/receipts/receipt-json.ts';
import { requestHash, ResponseHash } from '../../src/metering/text-hashes.ts';
import { verifyEvidence } from '../../src/signing/verify-evidence.ts';
import { makeVectors } from './make-vectors.ts';

const file = new URL('../../../../docs/reference/receipts.vectors.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof makeVectors>;

test('[MK-04 receipt] the vectors of the reference are what is made', () => {
  expect(makeVectors()).toEqual(vectors);
});

test('[MK-04 offline] each receipt of the vectors is in its batch, and its bytes are those that are given', () => {
  for (const { evidence, encoded, leaf } of vectors.receipts) {
    const { receipt, batch, acceptance } = ReceiptEvidence.parse(evidence);
    expect(hexOf(encodeReceipt(receiptOf(receipt)))).toBe(encoded);
    expect(hexOf(leafOf(receiptOf(receipt)))).toBe(leaf);
    expect(hexOf(batchDigest(batch))).toBe(vectors.batchDigest);
    expect(hexOf(acceptanceDigest(batch, BigInt(acceptance.disputed)))).toBe(vectors.acceptanceDigest);
    expect(verifyEvidence(ReceiptEvidence.parse(evidence)).faults).toEqual([]);
  }
  expect(vectors.receipts.map(({ evidence }) => verifyEvidence(ReceiptEvidence.parse(evidence)).disputed)).toEqual([
    false,
    true,
    false,
  ]);
});

test('[MK-04 offline] any character changed in what is signed makes a receipt prove nothing', () => {
  const { evidence } = vectors.receipts[1]!;
  const paths = [
    ...Object.keys(evidence.receipt).map((name) => ['receipt', name]),
    ...Object.keys(evidence.batch).map((name) => ['batch', name]),
    ...Object.keys(evidence.acceptance).map((name) => ['acceptance', name]),
  ] as [keyof typeof evidence, string][];
  for (const [part, name] of paths) {
    const changed = structuredClone(evidence) as unknown as Record<string, Record<string, unknown>>;
    changed[part]![name] = another(changed[part]![name]);
    const parsed = ReceiptEvidence.safeParse(changed);
    const holds = parsed.success && verifyEvidence(parsed.data).ok;
    expect(holds, `${part}.${name}`).toBe(false);
  }
});

test('[MK-04 receipt] texts are hashed as the vectors say, whole and in pieces', () => {
  const { salt, request, whole, chunks, requestHash: asked, wholeHash, chunksHash } = vectors.texts;
  const hex = salt as `0x${string}`;
  expect(requestHash(hex, JSON.parse(request))).toBe(asked);
  expect(requestHash(hex, { ...(JSON.parse(request) as object), reeve: { policy: 'cheapest' } })).toBe(asked);
  const response = new ResponseHash(hex);
  response.piece(whole);
  expect(response.digest()).toBe(wholeHash);
  const pieces = new ResponseHash(hex);
  for (const chunk of chunks) pieces.chunk(chunk);
  expect(pieces.digest()).toBe(chunksHash);
});

function another(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  const text = value as string;
  const last = text.at(-1)!;
  if (text === 'served') return 'partial';
  return text.slice(0, -1) + (last === '1' ? '2' : '1');
}
