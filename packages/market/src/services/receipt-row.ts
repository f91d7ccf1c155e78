import { billableMicroUsd } from '@reeve/kernel';
import type { DisputeReason } from '../api/receipts.ts';
import { receiptJson } from '../domain/receipts/receipt-json.ts';
import type { Receipt } from '../domain/receipts/receipt.ts';
import type { ReceiptsTable } from '../store/tables.ts';
import type { KnownAnswer } from './answer-ledger.ts';

export interface TakenReceipt {
  readonly seq: number;
  readonly receipt: Receipt;
  readonly tenant: string;
  readonly node: string;
  readonly batchSequence: number;
  readonly leafIndex: number;
  readonly answer: KnownAnswer | undefined;
  readonly agentId: string | undefined;
  readonly disputed: DisputeReason | undefined;
  readonly receivedAtMs: number;
}

const picoPerMicro = 1_000_000n;

/** A receipt as it is stored; the amount of one that is not agreed with is not counted anywhere. */
export function receiptRow(taken: TakenReceipt): ReceiptsTable {
  const { receipt, answer, receivedAtMs } = taken;
  const billed = taken.disputed === undefined ? receipt.costPicoUsd : 0n;
  return {
    seq: taken.seq,
    tenant: taken.tenant,
    task_id: receipt.taskId,
    caller: answer?.caller ?? null,
    node: taken.node,
    agent_id: taken.agentId ?? null,
    batch_sequence: taken.batchSequence,
    leaf_index: taken.leafIndex,
    sequence: receipt.sequence,
    fence: receipt.fence,
    outcome: receipt.outcome,
    model: receipt.model,
    prompt_tokens: receipt.promptTokens,
    completion_tokens: receipt.completionTokens,
    billed_micro_usd: Number(billableMicroUsd(billed)),
    billed_rest_pico_usd: Number(billed % picoPerMicro),
    text_bytes: answer?.textBytes ?? null,
    disputed: taken.disputed ?? null,
    fields: JSON.stringify(receiptJson(receipt)),
    day: new Date(receivedAtMs).toISOString().slice(0, 10),
    received_at_ms: receivedAtMs,
  };
}
