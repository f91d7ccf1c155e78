import { windowStartMs, type BudgetPeriod } from '../../domain/budgets/window.ts';
import type { BudgetsTable, BudgetWindowsTable } from '../../store/tables.ts';

/** One limit of spending, and the window that counts now, as it was last seen. */
export interface BudgetWindow {
  readonly subject: string;
  readonly tenant: string;
  readonly period: BudgetPeriod;
  readonly limitMicroUsd: bigint;
  startsAtMs: number;
  /** Of the alerts of this window, the highest that was told. */
  alertedPercent: number;
}

/** What one key or tenant may do. */
export interface Budget {
  /** `key:<id>` or `tenant:<name>`. */
  readonly subject: string;
  readonly tenant: string;
  readonly requestLimitMicroUsd: bigint | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  readonly windows: readonly BudgetWindow[];
}

export function budgetOf(row: BudgetsTable, windows: readonly BudgetWindowsTable[]): Budget {
  const { subject, tenant, request_limit_micro_usd: requestLimit } = row;
  return {
    subject,
    tenant,
    requestLimitMicroUsd: requestLimit === null ? undefined : BigInt(requestLimit),
    requestsPerMinute: row.requests_per_minute ?? undefined,
    tokensPerMinute: row.tokens_per_minute ?? undefined,
    windows: windows.map((window) => ({
      subject,
      tenant,
      period: window.period,
      limitMicroUsd: BigInt(window.limit_micro_usd),
      startsAtMs: window.starts_at_ms,
      alertedPercent: window.alerted_percent,
    })),
  };
}

/** Whether it limits what is spent, not only how fast. */
export function limitsSpending({ requestLimitMicroUsd, windows }: Budget): boolean {
  return requestLimitMicroUsd !== undefined || windows.length > 0;
}

/** The window in which a request counts that begins now: never one before the newest that was ever open. */
export function currentStartMs({ period, startsAtMs }: Pick<BudgetWindow, 'period' | 'startsAtMs'>, nowMs: number) {
  return Math.max(startsAtMs, windowStartMs(period, nowMs));
}
