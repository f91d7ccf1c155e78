/**
 * Receipts made and checked, vouchers signed and checked, on one thread:
 *
 *     node --conditions=reeve-source packages/market/bench/receipts.ts
 *
 * Seven rounds, the median of each figure, per second of processor time, with both curves. A receipt made is encoded, hashed and in a signed tree of 256;
 * checked is the same from the other side: the tree made again, and its signature recovered.
 */
import { randomBytes } from 'node:crypto';
import type { SaltedReceipt } from '../src/api/receipts.ts';
import { receiptJson } from '../src/domain/receipts/receipt-json.ts';
import { noChannel } from '../src/domain/receipts/receipt.ts';
import { voucherDigest } from '../src/domain/vouchers/voucher.ts';
import { signedBatch } from '../src/metering/signed-batch.ts';
import { handedIn } from '../src/services/handed-in.ts';
import { loadNativeCurve } from '../src/signing/native-curve.ts';
import { pureCurve } from '../src/signing/pure-curve.ts';
import { signDigest, signerOf } from '../src/signing/signature.ts';

const key = new Uint8Array(randomBytes(32));
const chainId = 31_337;
const rounds = 7;
const hash = (): `0x${string}` => `0x${randomBytes(32).toString('hex')}`;

const receipts: SaltedReceipt[] = Array.from({ length: 256 }, (_, at) => ({
  salt: hash(),
  receipt: receiptJson({
    taskId: '0198c0de-0000-7000-8000-000000000001',
    fence: 2 ** 32 + at,
    sequence: at + 1,
    outcome: 'served',
    requestHash: hash(),
    responseHash: hash(),
    model: 'llama-3.1-8b',
    promptTokens: 1_000 + at,
    completionTokens: 200,
    priceInputMicroUsd: 150_000n,
    priceOutputMicroUsd: 600_000n,
    costPicoUsd: 270_000_000n,
    channel: noChannel,
    endedAtMs: 1_795_280_000_000,
  }),
}));

/** Units per second of processor time, which other processes do not take part in: `work` does `units` each time. */
async function rate(units: number, work: () => unknown): Promise<number> {
  const begun = process.cpuUsage();
  let done = 0;
  let usedMicros = 0;
  do {
    await work();
    done += units;
    const { user, system } = process.cpuUsage(begun);
    usedMicros = user + system;
  } while (usedMicros < 300_000);
  return (done / usedMicros) * 1_000_000;
}

const batch = await signedBatch(key, { chainId, sequence: 1, receipts });
const figures: Record<string, () => Promise<number>> = {
  'receipts made': () => rate(256, () => signedBatch(key, { chainId, sequence: 1, receipts })),
  'receipts checked': () => rate(256, () => handedIn(batch)),
};
for (const curve of [loadNativeCurve(), pureCurve]) {
  if (curve === undefined) continue;
  const voucher = { channelId: hash(), maxClaimableAmount: 123_456n };
  const signature = signDigest(voucherDigest(voucher, chainId), key, curve);
  figures[`vouchers signed, ${curve.name}`] = () =>
    rate(1, () => signDigest(voucherDigest(voucher, chainId), key, curve));
  figures[`vouchers checked, ${curve.name}`] = () =>
    rate(1, () => signerOf(voucherDigest(voucher, chainId), signature, curve));
}
for (const work of Object.values(figures)) await work(); // warm
for (const [name, work] of Object.entries(figures)) {
  const found: number[] = [];
  while (found.length < rounds) found.push(await work());
  found.sort((a, b) => a - b);
  const [low, middle, high] = [found[0]!, found[rounds >> 1]!, found.at(-1)!].map((value) => Math.round(value));
  process.stdout.write(`${name.padEnd(26)} ${`${middle}`.padStart(8)} per second (${low}–${high})\n`);
}
