import fc from 'fast-check';
import { hexOf, type Hex } from '../../src/domain/eip712/hex.ts';
import { ReceiptOutcome } from '../../src/api/receipts.ts';
import { costOf, type Receipt } from '../../src/domain/receipts/receipt.ts';

const hash: fc.Arbitrary<Hex> = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf);
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const price = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });

/** Receipts with everything that a field can hold. */
export const anyReceipt: fc.Arbitrary<Receipt> = fc
  .record({
    taskId: fc.uuid(),
    fence: count,
    sequence: count,
    outcome: fc.constantFrom(...ReceiptOutcome.options),
    requestHash: hash,
    responseHash: hash,
    model: fc.string({ minLength: 1, maxLength: 100 }),
    promptTokens: count,
    completionTokens: count,
    priceInputMicroUsd: price,
    priceOutputMicroUsd: price,
    channel: hash,
    endedAtMs: count,
  })
  .map((fields) => ({ ...fields, costPicoUsd: costOf(fields) }));

/** One receipt, for examples. */
export function sampleReceipt(sequence = 1, changes: Partial<Receipt> = {}): Receipt {
  const fields = {
    taskId: '0198c0de-0000-7000-8000-000000000001',
    fence: 2 ** 32 + sequence,
    sequence,
    outcome: 'served' as const,
    requestHash: `0x${'11'.repeat(32)}` as const,
    responseHash: `0x${'22'.repeat(32)}` as const,
    model: 'sim-small',
    promptTokens: 12,
    completionTokens: 34,
    priceInputMicroUsd: 150_000n,
    priceOutputMicroUsd: 600_000n,
    channel: `0x${'00'.repeat(32)}` as const,
    endedAtMs: 1_795_280_000_000,
    ...changes,
  };
  return { costPicoUsd: costOf(fields), ...fields };
}
