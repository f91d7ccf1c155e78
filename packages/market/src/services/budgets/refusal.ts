import type { ReeveError } from '@reeve/kernel';
import { nextWindowMs } from '../../domain/budgets/window.ts';
import { BudgetExceeded } from '../../errors.ts';
import type { BudgetWindowsTable } from '../../store/tables.ts';

/** A window as a request finds it that begins at `startsAtMs`: one that is over counts for nothing any more. */
export interface Standing {
  readonly spentMicroUsd: bigint;
  readonly reservedMicroUsd: bigint;
  readonly limitMicroUsd: bigint;
}

export function standingAt(row: BudgetWindowsTable, startsAtMs: number): Standing {
  const limitMicroUsd = BigInt(row.limit_micro_usd);
  if (row.starts_at_ms < startsAtMs) return { spentMicroUsd: 0n, reservedMicroUsd: 0n, limitMicroUsd };
  const rest = row.spent_rest_pico_usd > 0 ? 1n : 0n;
  return {
    spentMicroUsd: BigInt(row.spent_micro_usd) + rest,
    reservedMicroUsd: BigInt(row.reserved_micro_usd),
    limitMicroUsd,
  };
}

export function fits({ spentMicroUsd, reservedMicroUsd, limitMicroUsd }: Standing, neededMicroUsd: bigint): boolean {
  return spentMicroUsd + reservedMicroUsd + neededMicroUsd <= limitMicroUsd;
}

/** That a window has no room, with the amounts in micro-USD. */
export function windowExceeded(
  { subject, period, starts_at_ms: startsAtMs }: Pick<BudgetWindowsTable, 'subject' | 'period' | 'starts_at_ms'>,
  { spentMicroUsd, reservedMicroUsd, limitMicroUsd }: Standing,
  neededMicroUsd: bigint,
): ReeveError {
  const amounts = `${spentMicroUsd} of ${limitMicroUsd} micro-USD are spent and ${reservedMicroUsd} reserved`;
  const budget = {
    window: period,
    subject,
    limitMicroUsd: `${limitMicroUsd}`,
    spentMicroUsd: `${spentMicroUsd}`,
    reservedMicroUsd: `${reservedMicroUsd}`,
    neededMicroUsd: `${neededMicroUsd}`,
    startsAnewAtMs: nextWindowMs(period, startsAtMs),
  };
  return BudgetExceeded.error(
    `the budget of the ${period} has no room: ${amounts}, and this request may cost up to ${neededMicroUsd}`,
    { details: { budget } },
  );
}

/** That no node can be asked for so little. */
export function requestExceeded(subject: string, limitMicroUsd: bigint, neededMicroUsd: bigint): ReeveError {
  const budget = {
    window: 'request',
    subject,
    limitMicroUsd: `${limitMicroUsd}`,
    neededMicroUsd: `${neededMicroUsd}`,
  };
  return BudgetExceeded.error(
    `a request may cost ${limitMicroUsd} micro-USD, and this one may come to ${neededMicroUsd}`,
    { details: { budget } },
  );
}
