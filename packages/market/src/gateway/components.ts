import type { Clock } from '@reeve/kernel';
import type { HedgeTerms, Hub } from '@reeve/hub';
import type { Database, Logger } from '@reeve/platform';
import type { TurnCosts } from '../domain/turn-costs.ts';
import type { AnswerLedger } from '../services/answer-ledger.ts';
import type { BudgetBook } from '../services/budgets/budget-book.ts';
import type { GatewayMetrics } from './metrics.ts';

export interface GatewaySettings {
  /**
   * `sync`: a request is durable before the first byte of its answer, and a result before it is given out as one.
   * `group`: both with the next group commit, without waiting for it; see the README for what a crash can then take away.
   */
  readonly durability: 'sync' | 'group';
  /** Until the first chunk of a stream. */
  readonly firstTokenTimeoutMs: number;
  /** When a stream that has not begun is asked of a second node. */
  readonly hedging: HedgeTerms & { readonly enabled: boolean };
  /** Until the end of an answer, all attempts together. */
  readonly requestTimeoutMs: number;
}

export interface GatewayComponents {
  readonly hub: Hub;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: Pick<AnswerLedger, 'begin'>;
  readonly budgets: BudgetBook;
  readonly metrics: GatewayMetrics;
  readonly settings: GatewaySettings;
  readonly turnCosts: TurnCosts;
}
