/** What the hub takes in, what it disputes, and what it refuses and keeps as evidence. */
import { describe, expect, test } from 'vitest';
import type { ReceiptFault } from '../../src/api/receipt-operations.ts';
import { bytesOf } from '../../src/domain/eip712/hex.ts';
import { acceptanceDigest, batchDigest } from '../../src/domain/receipts/batch.ts';
import { costOf, type Receipt } from '../../src/domain/receipts/receipt.ts';
import { handedIn } from '../../src/services/handed-in.ts';
import { evidenceFor } from '../../src/services/receipt-evidence.ts';
import { listFaults } from '../../src/services/receipt-faults.ts';
import { selectReceiptPage } from '../../src/store/receipts.ts';
import type { ReceiptsTable } from '../../src/store/tables.ts';
import { signerOf } from '../../src/signing/signature.ts';
import { verifyEvidence } from '../../src/signing/verify-evidence.ts';
import { sampleReceipt } from './arbitrary-receipts.ts';
import { batchOf, known, node, startIntake } from './start-intake.ts';

const taskId = (number: number): string => `0198c0de-0000-7000-8000-${`${number}`.padStart(12, '0')}`;
const receipt = (sequence: number, changes: Partial<Receipt> = {}): Receipt =>
  sampleReceipt(sequence, { taskId: taskId(sequence), ...changes });

const costing = (one: Receipt): Receipt => ({ ...one, costPicoUsd: costOf(one) });

type Started = Awaited<ReturnType<typeof startIntake>>;

async function stored({ database }: Started, tenant = 'clients'): Promise<ReceiptsTable[]> {
  return database.read<ReceiptsTable>(selectReceiptPage({ tenant, before: Number.MAX_SAFE_INTEGER, limit: 500 }));
}

async function faults({ parts }: Started): Promise<ReceiptFault[]> {
  return (await listFaults(parts, { tenant: 'hosts', before: Number.MAX_SAFE_INTEGER, limit: 50 })).items;
}

test('[LD-08 outcomes] what is true in receipts and what is a lie tells of the node; what nobody can judge does not', async () => {
  const { intake, around } = await startIntake();
  const receipts = [
    known(around, receipt(1)),
    known(around, receipt(2)),
    known(around, { ...receipt(3, { completionTokens: 301 }), costPicoUsd: 0n }),
    known(around, costing(receipt(4, { completionTokens: 301 }))),
    known(around, receipt(5)),
  ];
  around.answers.delete(receipts[4]!.taskId); // a hub that was killed has not seen it
  await intake.take('hosts', await batchOf(1, receipts));
  expect(around.stated).toEqual([{ agentId: 'agent-1', capability: 'llm.chat:sim-small', good: 2, bad: 2 }]);
});

describe('a batch in order', () => {
  test('[LD-04 countersigned] [LD-05 batch] is countersigned, stored, and each of its receipts proves itself', async () => {
    const started = await startIntake();
    const receipts = [1, 2, 3].map((sequence) => known(started.around, receipt(sequence)));
    const batch = await batchOf(1, receipts);
    const acceptance = await started.intake.take('hosts', batch);
    const { root } = await handedIn(batch);
    expect(signerOf(acceptanceDigest({ ...batch, root }, 0n), acceptance.signature)).toBe(acceptance.hub);
    const rows = await stored(started);
    expect(rows.map((row) => [row.sequence, row.caller, row.billed_micro_usd, row.billed_rest_pico_usd])).toEqual([
      [3, 'key:1', 22, 200_000],
      [2, 'key:1', 22, 200_000],
      [1, 'key:1', 22, 200_000],
    ]);
    for (const evidence of await evidenceFor(started.parts, rows)) expect(verifyEvidence(evidence).faults).toEqual([]);
  });

  test('[MK-04 under-count] comes again with the same answer, and counts once', async () => {
    const started = await startIntake();
    const batch = await batchOf(1, [known(started.around, receipt(1))]);
    const [first, again, later] = await Promise.all([
      started.intake.take('hosts', batch),
      started.intake.take('hosts', batch),
      started.intake.take('hosts', structuredClone(batch)),
    ]);
    expect(again).toEqual(first);
    expect(later).toEqual(first);
    expect(await stored(started)).toHaveLength(1);
    expect(await faults(started)).toEqual([]);
  });

  test('[MK-04 under-count] after a restart the numbers go on where they were', async () => {
    const started = await startIntake();
    await started.intake.take('hosts', await batchOf(1, [known(started.around, receipt(1))]));
    const { BatchIntake } = await import('../../src/services/take-batch.ts');
    const again = await BatchIntake.open(started.parts);
    await again.take('hosts', await batchOf(2, [known(started.around, receipt(2))]));
    expect((await stored(started)).map(({ seq }) => seq)).toEqual([2, 1]);
  });
});

describe('a batch out of order', () => {
  test('[LD-05 batch] with a gap in batches or receipts is refused with the number that is next, and nothing is kept', async () => {
    const started = await startIntake();
    const one = known(started.around, receipt(1));
    const details = { batchSequence: 1, receiptSequence: 1 };
    const refusal = { code: 'receipts_out_of_order', details };
    await expect(started.intake.take('hosts', await batchOf(2, [one]))).rejects.toMatchObject(refusal);
    await expect(started.intake.take('hosts', await batchOf(1, [receipt(2)]))).rejects.toMatchObject(refusal);
    await expect(started.intake.take('hosts', await batchOf(1, [one, receipt(3)]))).rejects.toMatchObject(refusal);
    expect(await stored(started)).toEqual([]);
    expect(await faults(started)).toEqual([]);
  });
});

describe('a batch that is forged', () => {
  test('[MK-04 receipt] changed by a bit, under a foreign key, or for another chain, is refused and shown', async () => {
    const started = await startIntake();
    const batch = await batchOf(1, [known(started.around, receipt(1))]);
    const more = structuredClone(batch);
    more.receipts[0]!.receipt.completionTokens += 1;
    const forged = { code: 'receipts_forged' };
    await expect(started.intake.take('hosts', more)).rejects.toMatchObject(forged);
    const { signature } = await batchOf(1, [receipt(1)], new Uint8Array(32).fill(0x77));
    await expect(started.intake.take('hosts', { ...batch, signature })).rejects.toMatchObject(forged);
    await expect(started.intake.take('hosts', await batchOf(1, [receipt(1)], undefined, 1))).rejects.toMatchObject({
      code: 'invalid_input',
    });
    expect((await faults(started)).map(({ kind, node: by }) => [kind, by])).toEqual([
      ['forged', node],
      ['forged', node],
    ]);
    expect(await stored(started)).toEqual([]);
  });

  test('[MK-04 receipt] by a key that no node of the caller has named is refused', async () => {
    const started = await startIntake();
    const batch = await batchOf(1, [known(started.around, receipt(1))]);
    const unknown = { code: 'node_key_unknown' };
    await expect(started.intake.take('others', batch)).rejects.toMatchObject(unknown);
    started.around.label = '0x';
    await expect(started.intake.take('hosts', batch)).rejects.toMatchObject(unknown);
    started.around.label = node;
    await started.intake.take('hosts', batch);
    await expect(started.intake.take('others', batch)).rejects.toMatchObject(unknown);
  });

  test('[MK-04 receipt] does not fill the disk: the first twenty are kept', async () => {
    const started = await startIntake();
    const batch = await batchOf(1, [known(started.around, receipt(1))]);
    for (let at = 0; at < 22; at++) {
      const wrong = { ...batch, signature: `${batch.signature.slice(0, -4)}${at.toString(16).padStart(2, '0')}1b` };
      await expect(started.intake.take('hosts', wrong as typeof batch)).rejects.toThrow('not signed');
    }
    expect(await faults(started)).toHaveLength(20);
  });
});

describe('a batch that contradicts an earlier one', () => {
  const signatureHolds = async (
    said: NonNullable<ReceiptFault['earlier']> | ReceiptFault['batch'],
  ): Promise<boolean> => {
    const salted = {
      ...said,
      receipts: said.receipts.map((each) => ({ receipt: each, salt: `0x${'00'.repeat(32)}` })),
    };
    return (await handedIn(salted as Parameters<typeof handedIn>[0])).isSigned;
  };

  test.each<[string, Partial<Receipt>, number]>([
    ['under the same number of a batch', { promptTokens: 13 }, 1],
    ['under the same number of a receipt', { promptTokens: 13, fence: 99 }, 2],
    ['under the same fence', { sequence: 2, promptTokens: 13 }, 2],
  ])('[MK-04 receipt] %s is refused, and both signed contents are kept as evidence', async (_, changes, sequence) => {
    const started = await startIntake();
    const first = known(started.around, receipt(1));
    await started.intake.take('hosts', await batchOf(1, [first]));
    const other = sampleReceipt(1, { taskId: first.taskId, fence: first.fence, ...changes });
    await expect(started.intake.take('hosts', await batchOf(sequence, [other]))).rejects.toMatchObject({
      code: 'receipts_equivocal',
    });
    const [fault] = await faults(started);
    expect(fault).toMatchObject({ kind: 'equivocal', node });
    expect(await signatureHolds(fault!.batch)).toBe(true);
    expect(await signatureHolds(fault!.earlier!)).toBe(true);
    expect(fault!.earlier!.receipts[0]!.promptTokens).toBe(12);
    expect(fault!.batch.receipts[0]!.promptTokens).toBe(13);
    expect(await stored(started)).toHaveLength(1);
  });

  test('[MK-04 receipt] one fence twice in one batch is refused', async () => {
    const started = await startIntake();
    const twice = [receipt(1, { fence: 7 }), receipt(2, { fence: 7 })];
    await expect(started.intake.take('hosts', await batchOf(1, twice))).rejects.toMatchObject({
      code: 'receipts_equivocal',
    });
  });
});

describe('a receipt that the hub does not agree with', () => {
  const cases: [string, Partial<Receipt>, (started: Started, one: Receipt) => void][] = [
    ['unknownTask', {}, ({ around }) => around.leases.clear()],
    ['unknownFence', { fence: 50 }, ({ around }, one) => lease(around, one, { fence: 49 })],
    ['staleFence', { fence: 50 }, ({ around }, one) => lease(around, one, { fence: 51 })],
    ['otherNode', {}, ({ around }, one) => lease(around, one, { agentId: 'agent-2' })],
    ['otherModel', {}, ({ around }, one) => lease(around, one, { capability: 'llm.chat:sim-large' })],
    ['wrongCost', { costPicoUsd: 22_200_001n }, () => {}],
    ['abovePrice', { priceOutputMicroUsd: 600_001n }, () => {}],
    ['aboveCount', { completionTokens: 301 }, () => {}],
    ['aboveCount', { promptTokens: 501 }, () => {}],
    ['notSeen', {}, ({ around }) => around.answers.clear()],
    ['notDelivered', { outcome: 'partial' }, ({ around }, one) => seen(around, one, { textBytes: 0 })],
  ];

  function lease(around: Started['around'], one: Receipt, changes: object): void {
    around.leases.set(one.taskId, { ...around.leases.get(one.taskId)!, ...changes });
  }
  function seen(around: Started['around'], one: Receipt, changes: object): void {
    around.answers.set(one.taskId, { ...around.answers.get(one.taskId)!, ...changes });
  }

  test.each(cases)(
    '[LD-03 receipt] [MK-04 under-count] %s: %o is kept, not billed, and said so',
    async (reason, changes, set) => {
      const started = await startIntake();
      const honest = known(started.around, receipt(1));
      const lying = known(started.around, receipt(2, changes));
      const other = changes.costPicoUsd === undefined ? undefined : changes.costPicoUsd;
      set(started, lying);
      const acceptance = await started.intake.take('hosts', await batchOf(1, [honest, lying]));
      const expected = reason === 'unknownTask' || reason === 'notSeen' ? 0b11n : 0b10n;
      expect(BigInt(acceptance.disputed)).toBe(expected);
      const rows = [...(await stored(started)), ...(await stored(started, 'hosts'))];
      const row = rows.find(({ sequence }) => sequence === 2)!;
      expect([row.disputed, row.billed_micro_usd, row.billed_rest_pico_usd]).toEqual([reason, 0, 0]);
      expect(other === undefined || lying.costPicoUsd === other).toBe(true);
      const [evidence] = await evidenceFor(started.parts, [row]);
      expect(verifyEvidence(evidence!).disputed).toBe(true);
    },
  );

  test('[LD-04 outcomes] what failed under a lease that was taken back costs nothing and is not disputed', async () => {
    const started = await startIntake();
    const outcomes = ['failed', 'idle'] as const;
    const receipts = outcomes.map((outcome, at) => known(started.around, receipt(at + 1, { outcome, fence: at + 10 })));
    for (const one of receipts) lease(started.around, one, { fence: 99, agentId: 'agent-2' });
    const acceptance = await started.intake.take('hosts', await batchOf(1, receipts));
    expect(acceptance.disputed).toBe('0');
    expect((await stored(started)).map(({ outcome, billed_micro_usd: billed }) => [outcome, billed])).toEqual([
      ['idle', 0],
      ['failed', 0],
    ]);
  });
});

test('[LD-05 batch] a digest is over exactly what is signed', async () => {
  const batch = await batchOf(1, [receipt(1)]);
  const { root } = await handedIn(batch);
  expect(signerOf(batchDigest({ ...batch, root }), batch.signature)).toBe(node);
  expect(bytesOf(batch.signature)).toHaveLength(65);
});
