import { billableMicroUsd, MalformedRequest, NotFound, type InputOf } from '@reeve/kernel';
import { bind, type BoundOperation, type Call } from '@reeve/platform';
import {
  exportReceipts,
  listReceiptFaults,
  listReceipts,
  showReceipt,
  showReceiptPosition,
  submitReceipts,
  type ReceiptSummary,
} from '../api/receipt-operations.ts';
import type { ReceiptFields } from '../api/receipts.ts';
import { selectNode, selectReceiptPage, selectReceiptsAfter, selectReceiptsOfTask } from '../store/receipts.ts';
import type { ReceiptNodesTable, ReceiptsTable } from '../store/tables.ts';
import { evidenceFor } from './receipt-evidence.ts';
import type { ReceiptComponents } from './receipt-components.ts';
import { listFaults } from './receipt-faults.ts';
import type { BatchIntake } from './take-batch.ts';

/** The handlers of `receipts.*`. A client sees the receipts of its own requests. */
export function receiptOperations(parts: ReceiptComponents, intake: BatchIntake): BoundOperation[] {
  const { database, chainId } = parts;
  return [
    bind(submitReceipts, (batch, { caller }) => intake.take(caller.tenant, batch)),
    bind(showReceiptPosition, async ({ node }, { caller }) => {
      const [known] = await database.read<ReceiptNodesTable>(selectNode.bind({ node }));
      const own = known?.tenant === caller.tenant ? known : undefined;
      return {
        chainId,
        batchSequence: own?.batch_sequence ?? 0,
        receiptSequence: own?.receipt_sequence ?? 0,
      };
    }),
    bind(showReceipt, async ({ taskId }, { caller }) => {
      const key = { tenant: caller.tenant, task_id: taskId };
      const rows = await database.read<ReceiptsTable>(selectReceiptsOfTask.bind(key));
      if (rows.length > 0) return { items: await evidenceFor(parts, rows) };
      throw NotFound.error(`there is no receipt for the request ${taskId}; it comes within a second of the answer`);
    }),
    bind(listReceipts, (input, call) => list(parts, input, call)),
    bind(exportReceipts, async ({ limit, cursor }, { caller }) => {
      const after = positionOf(cursor) ?? 0;
      const query = selectReceiptsAfter.bind({ tenant: caller.tenant, after, limit: limit + 1 });
      const rows = await database.read<ReceiptsTable>(query);
      const items = await evidenceFor(parts, rows.slice(0, limit));
      return rows.length > limit ? { items, nextCursor: `${rows[limit - 1]!.seq}` } : { items };
    }),
    bind(listReceiptFaults, async ({ limit, cursor, node }, { caller }) => {
      const before = positionOf(cursor) ?? Number.MAX_SAFE_INTEGER;
      const { items, next } = await listFaults(parts, { tenant: caller.tenant, before, limit, node });
      return next === undefined ? { items } : { items, nextCursor: `${next}` };
    }),
  ];
}

async function list({ database }: ReceiptComponents, input: InputOf<typeof listReceipts>, { caller }: Call) {
  const { limit, cursor, ...filter } = input;
  const before = positionOf(cursor) ?? Number.MAX_SAFE_INTEGER;
  const query = selectReceiptPage({ ...filter, tenant: caller.tenant, before, limit: limit + 1 });
  const rows = await database.read<ReceiptsTable>(query);
  const items = rows.slice(0, limit).map(summaryOf);
  return rows.length > limit ? { items, nextCursor: `${rows[limit - 1]!.seq}` } : { items };
}

function positionOf(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  if (/^[1-9]\d{0,15}$/.test(cursor)) return Number(cursor);
  throw MalformedRequest.error('the cursor is not one that a page of this list gave');
}

function summaryOf(row: ReceiptsTable): ReceiptSummary {
  const { costPicoUsd, endedAtMs } = JSON.parse(row.fields) as ReceiptFields;
  return {
    taskId: row.task_id,
    fence: row.fence,
    node: row.node as ReceiptSummary['node'],
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    sequence: row.sequence,
    outcome: row.outcome,
    model: row.model,
    promptTokens: row.prompt_tokens,
    completionTokens: row.completion_tokens,
    costMicroUsd: `${billableMicroUsd(BigInt(costPicoUsd))}`,
    ...(row.disputed !== null && { disputed: row.disputed }),
    endedAtMs,
  };
}
