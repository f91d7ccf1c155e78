import type { Hub } from '@reeve/hub';
import type { Clock } from '@reeve/kernel';
import type { Database, Logger } from '@reeve/platform';
import type { ReceiptMetrics } from '../receipt-metrics.ts';
import type { AnswerLedger, AnswerLedgerParts } from './answer-ledger.ts';

/** What taking in and showing receipts needs. */
export interface ReceiptComponents {
  readonly hub: Pick<Hub, 'agent' | 'agentsLabelled' | 'newestLeases' | 'offered' | 'stated'>;
  readonly ledger: Pick<AnswerLedger, 'seen'>;
  readonly database: Database;
  /** Settles what answers cost. */
  readonly budgets: AnswerLedgerParts['budgets'];
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
  readonly metrics: ReceiptMetrics;
  /** The chain whose nodes' signatures are taken. */
  readonly chainId: number;
  /** Private key with which the hub signs what it has taken in. */
  readonly hubKey: Uint8Array;
}
