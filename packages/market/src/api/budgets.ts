import { defineOperation, EpochMs, Forbidden, InvalidInput, NotFound, PageQuery, pageOf } from '@reeve/kernel';
import { z } from 'zod';

/** Up to a billion USD, so that sums stay exact. */
const Amount = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number of micro-USD of at most 15 digits, such as "5000000" for 5 USD');

const Rate = z.int().min(1).max(1_000_000_000);

const BudgetSubject = z
  .string()
  .regex(
    /^(?:key:[a-z0-9]{12}|tenant:[a-z0-9][a-z0-9._-]{0,62})$/,
    'must be key:<id of an API key> or tenant:<name of a tenant>',
  );

/** What was spent in the window that counts now, in micro-USD. */
const BudgetWindow = z.object({
  limitMicroUsd: Amount,
  spentMicroUsd: z.string(),
  /** What the requests under way may still come to. */
  reservedMicroUsd: z.string(),
  startsAtMs: EpochMs,
  startsAnewAtMs: EpochMs,
});

export const Budget = z.object({
  subject: BudgetSubject,
  tenant: z.string(),
  /** The most that one request may cost. */
  perRequestMicroUsd: Amount.optional(),
  requestsPerMinute: Rate.optional(),
  tokensPerMinute: Rate.optional(),
  day: BudgetWindow.optional(),
  month: BudgetWindow.optional(),
  setAtMs: EpochMs,
});
export type Budget = z.output<typeof Budget>;

export const setBudget = defineOperation({
  name: 'budgets.set',
  summary: 'Limit what an API key or a tenant may spend on models, for each request, day and month, and how fast',
  description:
    'What is not given stays as it is; null (`--no-per-day-micro-usd`) takes a limit away. Days and months are those of UTC; spending counts from when a limit is first set. A request is refused with `budget_exceeded` when it does not fit into each budget of its key and of its tenant.',
  access: 'budgets:write',
  effect: 'write',
  http: { method: 'PATCH', path: '/v1/budgets/{subject}' },
  input: z.object({
    subject: BudgetSubject,
    perRequestMicroUsd: Amount.nullable().optional(),
    perDayMicroUsd: Amount.nullable().optional(),
    perMonthMicroUsd: Amount.nullable().optional(),
    requestsPerMinute: Rate.nullable().optional(),
    /** Of prompts and answers together. */
    tokensPerMinute: Rate.nullable().optional(),
  }),
  output: Budget,
  errors: [NotFound, Forbidden, InvalidInput],
  examples: [
    { title: '5 USD a day for a key', input: { subject: 'key:abcdefghijkl', perDayMicroUsd: '5000000' } },
    {
      title: '100 USD a month for a tenant, and at most 10 cents for a request',
      input: { subject: 'tenant:acme', perMonthMicroUsd: '100000000', perRequestMicroUsd: '100000' },
    },
    {
      title: 'A minute of a key: 60 requests, and 100,000 tokens',
      input: { subject: 'key:abcdefghijkl', requestsPerMinute: 60, tokensPerMinute: 100_000 },
    },
  ],
});

export const listBudgets = defineOperation({
  name: 'budgets.list',
  summary: 'List budgets: limits, what was spent, and what requests under way have reserved',
  access: 'budgets:read',
  effect: 'read',
  http: { method: 'GET', path: '/v1/budgets' },
  input: z.object({ ...PageQuery }),
  output: pageOf(Budget),
});

export const removeBudget = defineOperation({
  name: 'budgets.remove',
  summary: 'Remove every limit of an API key or a tenant, and the account of what it spent',
  access: 'budgets:write',
  effect: 'write',
  http: { method: 'DELETE', path: '/v1/budgets/{subject}' },
  input: z.object({ subject: BudgetSubject }),
  output: z.object({ subject: BudgetSubject }),
  errors: [NotFound],
  examples: [{ title: 'A key may spend what it likes', input: { subject: 'key:abcdefghijkl' } }],
});
