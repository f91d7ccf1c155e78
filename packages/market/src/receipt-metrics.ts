import type { Metrics } from '@reeve/platform';
import type { DisputeReason } from './api/receipts.ts';

export interface ReceiptMetrics {
  /** A receipt was taken in, and how the hub sees it. */
  taken(disputed: DisputeReason | undefined): void;
  /** A batch was refused for what it would have proved. */
  refused(kind: 'forged' | 'equivocal'): void;
}

export function createReceiptMetrics(metrics: Metrics): ReceiptMetrics {
  const area = 'receipts';
  const taken = metrics.counter({ area, what: 'taken', help: 'Receipts taken in', labels: ['verdict'] });
  const refused = metrics.counter({ area, what: 'refused_batches', help: 'Batches refused', labels: ['kind'] });
  return {
    taken: (disputed) => taken.child(disputed ?? 'agreed').inc(),
    refused: (kind) => refused.child(kind).inc(),
  };
}
