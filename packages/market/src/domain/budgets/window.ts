/** What a budget is counted over, by the calendar in UTC. */
export type BudgetPeriod = 'day' | 'month';

/** When the window began in which a moment is. */
export function windowStartMs(period: BudgetPeriod, nowMs: number): number {
  const now = new Date(nowMs);
  return Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), period === 'day' ? now.getUTCDate() : 1);
}

/** When the window after the one that began then starts. */
export function nextWindowMs(period: BudgetPeriod, startsAtMs: number): number {
  const start = new Date(startsAtMs);
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate()];
  return period === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1);
}
