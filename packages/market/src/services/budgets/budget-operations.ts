import { Forbidden, InvalidInput, NotFound, type Clock, type InputOf } from '@reeve/kernel';
import { bind, type Access, type BoundOperation, type Call, type Database, type UnitStatement } from '@reeve/platform';
import { listBudgets, removeBudget, setBudget, type Budget as BudgetView } from '../../api/budgets.ts';
import { nextWindowMs, windowStartMs, type BudgetPeriod } from '../../domain/budgets/window.ts';
import {
  deleteBudget,
  deleteWindow,
  deleteWindows,
  selectBudgetPage,
  selectWindowsOf,
  upsertBudget,
  upsertWindow,
} from '../../store/budgets.ts';
import type { BudgetsTable, BudgetWindowsTable } from '../../store/tables.ts';
import type { BudgetBook } from './budget-book.ts';
import { currentStartMs, limitsSpending, type Budget, type BudgetWindow } from './budget.ts';
import { standingAt } from './refusal.ts';

export interface BudgetOperationsParts {
  readonly book: BudgetBook;
  readonly database: Database;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly keys: Pick<Access['keys'], 'find'>;
}

/** The handlers of `budgets.*`. Other tenants' budgets need `tenants:any`. */
export function budgetOperations(parts: BudgetOperationsParts): BoundOperation[] {
  return [
    bind(setBudget, (input, call) => parts.book.change(() => set(parts, input, call))),
    bind(listBudgets, ({ limit, cursor = '' }, call) => list(parts, cursor, limit, call)),
    bind(removeBudget, ({ subject }, call) => parts.book.change(() => remove(parts, subject, call))),
  ];
}

async function set(parts: BudgetOperationsParts, input: InputOf<typeof setBudget>, call: Call): Promise<BudgetView> {
  const { book, clock } = parts;
  const { subject } = input;
  const tenant = tenantOf(parts, subject, call);
  const before = book.get(subject);
  const nowMs = clock.nowMs();
  const budget: Budget = {
    subject,
    tenant,
    requestLimitMicroUsd: changed(before?.requestLimitMicroUsd, input.perRequestMicroUsd),
    requestsPerMinute: changedRate(before?.requestsPerMinute, input.requestsPerMinute),
    tokensPerMinute: changedRate(before?.tokensPerMinute, input.tokensPerMinute),
    windows: windowsOf(before, tenant, input, nowMs),
  };
  if (!limitsSpending(budget) && budget.requestsPerMinute === undefined && budget.tokensPerMinute === undefined)
    throw InvalidInput.error('this would limit nothing: give an amount, or use budgets.remove', {
      issues: [{ path: ['perDayMicroUsd'], message: 'or another limit is needed' }],
    });
  const details = limitsOf(budget);
  const statements = [...written(budget, before, nowMs), ...takenAway(before, budget)];
  const events = [{ type: 'budget.changed', tenant, subject: `budget:${subject}`, data: details }];
  const view = { ...(await viewOf(parts, budget, nowMs)), setAtMs: nowMs };
  await call.commit({ statements, events }, view, { target: subject, details });
  book.put(budget);
  return view;
}

/** @throws NotFound for a key that this caller cannot see, Forbidden for another tenant */
function tenantOf({ keys }: BudgetOperationsParts, subject: string, call: Call): string {
  const [kind, name] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)];
  const tenant = kind === 'tenant' ? name : keys.find(name)?.tenant;
  if (tenant !== undefined && (tenant === call.caller.tenant || call.may('tenants:any'))) return tenant;
  if (kind === 'key') throw NotFound.error(`there is no key ${name}`);
  throw Forbidden.error('the budget of another tenant needs the permission tenants:any', {
    details: { permission: 'tenants:any' },
  });
}

function changed(before: bigint | undefined, given: string | null | undefined): bigint | undefined {
  if (given === undefined) return before;
  return given === null ? undefined : BigInt(given);
}

function changedRate(before: number | undefined, given: number | null | undefined): number | undefined {
  return given === undefined ? before : (given ?? undefined);
}

function windowsOf(
  before: Budget | undefined,
  tenant: string,
  { subject, perDayMicroUsd, perMonthMicroUsd }: InputOf<typeof setBudget>,
  nowMs: number,
): BudgetWindow[] {
  const given = { day: perDayMicroUsd, month: perMonthMicroUsd } as const;
  return (['day', 'month'] as const).flatMap((period) => {
    const known = before?.windows.find((window) => window.period === period);
    const limitMicroUsd = changed(known?.limitMicroUsd, given[period]);
    if (limitMicroUsd === undefined) return [];
    if (limitMicroUsd === known?.limitMicroUsd) return [known];
    const startsAtMs = known?.startsAtMs ?? windowStartMs(period, nowMs);
    return [{ subject, tenant, period, limitMicroUsd, startsAtMs, alertedPercent: 0 }];
  });
}

function written(budget: Budget, before: Budget | undefined, nowMs: number): UnitStatement[] {
  const { subject, tenant, requestLimitMicroUsd } = budget;
  const windows = budget.windows.filter((window) => !before?.windows.includes(window));
  const request_limit_micro_usd = requestLimitMicroUsd === undefined ? null : Number(requestLimitMicroUsd);
  return [
    upsertBudget.bind({
      subject,
      tenant,
      request_limit_micro_usd,
      requests_per_minute: budget.requestsPerMinute ?? null,
      tokens_per_minute: budget.tokensPerMinute ?? null,
      set_at_ms: nowMs,
    }),
    ...windows.map(({ period, limitMicroUsd, startsAtMs }) =>
      upsertWindow.bind({ subject, period, starts_at_ms: startsAtMs, limit_micro_usd: Number(limitMicroUsd) }),
    ),
  ];
}

function takenAway(before: Budget | undefined, { subject, windows }: Budget): UnitStatement[] {
  const gone = before?.windows.filter(({ period }) => windows.every((window) => window.period !== period)) ?? [];
  return gone.map(({ period }) => deleteWindow.bind({ subject, period }));
}

/** For events and audit; amounts in micro-USD. */
function limitsOf({ requestLimitMicroUsd, requestsPerMinute, tokensPerMinute, windows }: Budget) {
  const limits = windows.map(({ period, limitMicroUsd }) => [period, `${limitMicroUsd}`] as const);
  return {
    ...Object.fromEntries(limits),
    ...(requestLimitMicroUsd !== undefined && { request: `${requestLimitMicroUsd}` }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute }),
  };
}

async function list({ database, book, clock }: BudgetOperationsParts, after: string, limit: number, call: Call) {
  const tenant = call.may('tenants:any') ? undefined : call.caller.tenant;
  // One more than wanted tells whether there is a next page.
  const rows = await database.read<BudgetsTable>(selectBudgetPage(after, limit + 1, tenant));
  const page = rows.slice(0, limit);
  const windows = await windowRows(
    database,
    page.map(({ subject }) => subject),
  );
  const nowMs = clock.nowMs();
  const items = page.flatMap((row) => {
    const budget = book.get(row.subject);
    return budget === undefined ? [] : [{ ...view(budget, windows, nowMs), setAtMs: row.set_at_ms }];
  });
  return rows.length > limit ? { items, nextCursor: page.at(-1)!.subject } : { items };
}

async function remove({ book }: BudgetOperationsParts, subject: string, call: Call) {
  const budget = book.get(subject);
  if (budget === undefined || (budget.tenant !== call.caller.tenant && !call.may('tenants:any')))
    throw NotFound.error(`there is no budget for ${subject}`);
  const statements = [deleteBudget.bind({ subject }), deleteWindows.bind({ subject })];
  const events = [{ type: 'budget.removed', tenant: budget.tenant, subject: `budget:${subject}`, data: {} }];
  await call.commit({ statements, events }, { subject }, { target: subject });
  book.forget(subject);
  return { subject };
}

async function viewOf({ database }: BudgetOperationsParts, budget: Budget, nowMs: number) {
  return view(budget, await windowRows(database, [budget.subject]), nowMs);
}

async function windowRows(database: Database, subjects: readonly string[]): Promise<BudgetWindowsTable[]> {
  return subjects.length === 0 ? [] : database.read<BudgetWindowsTable>(selectWindowsOf(subjects));
}

function view(budget: Budget, rows: readonly BudgetWindowsTable[], nowMs: number): Omit<BudgetView, 'setAtMs'> {
  const { subject, tenant, requestLimitMicroUsd, requestsPerMinute, tokensPerMinute, windows } = budget;
  const shown = windows.map((window) => [window.period, windowView(window, rows, nowMs)] as const);
  return {
    subject,
    tenant,
    ...(requestLimitMicroUsd !== undefined && { perRequestMicroUsd: `${requestLimitMicroUsd}` }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute }),
    ...(Object.fromEntries(shown) as Partial<Record<BudgetPeriod, ReturnType<typeof windowView>>>),
  };
}

function windowView(window: BudgetWindow, rows: readonly BudgetWindowsTable[], nowMs: number) {
  const row = rows.find(({ subject, period }) => subject === window.subject && period === window.period);
  const startsAtMs = currentStartMs({ ...window, ...(row && { startsAtMs: row.starts_at_ms }) }, nowMs);
  const { spentMicroUsd, reservedMicroUsd } = row
    ? standingAt(row, startsAtMs)
    : { spentMicroUsd: 0n, reservedMicroUsd: 0n };
  return {
    limitMicroUsd: `${window.limitMicroUsd}`,
    spentMicroUsd: `${spentMicroUsd}`,
    reservedMicroUsd: `${reservedMicroUsd}`,
    startsAtMs,
    startsAnewAtMs: nextWindowMs(window.period, startsAtMs),
  };
}
