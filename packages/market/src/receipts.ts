import type { BoundOperation } from '@reeve/platform';
import { AnswerLedger } from './services/answer-ledger.ts';
import type { ReceiptComponents } from './services/receipt-components.ts';
import { receiptOperations } from './services/receipt-operations.ts';
import { traceOperation } from './services/trace.ts';
import { reportOperation } from './services/report.ts';
import { usageOperations } from './services/usage.ts';
import { BatchIntake } from './services/take-batch.ts';

export interface Receipts {
  readonly operations: readonly BoundOperation[];
  /** Where the gateway tells what it saw of each answer. */
  readonly ledger: AnswerLedger;
}

/** The hub's side of receipts: takes them in, holds them against what the gateway saw, shows and exports them. */
export async function createReceipts(components: Omit<ReceiptComponents, 'ledger'>): Promise<Receipts> {
  const ledger = new AnswerLedger(components);
  const parts = { ...components, ledger };
  const intake = await BatchIntake.open(parts);
  const operations = [
    ...receiptOperations(parts, intake),
    ...usageOperations(parts),
    traceOperation(parts),
    reportOperation(parts),
  ];
  return { operations, ledger };
}
