import type { AlertRule } from '@reeve/platform';

/** What is watched of what keys and tenants spend (FD-11). */
export const marketAlerts: readonly AlertRule[] = [
  {
    name: 'BudgetUsedUp',
    summary: 'The budget of a key or a tenant is used up: its requests to models are refused',
    condition: 'sum(reeve_budgets_reached_windows{percent="100"}) > 0',
    forMs: 0,
    severity: 'warning',
    action: 'See whose it is and what it was spent on; raise the budget, or let it end with its window.',
    owner: 'operations',
    runbook: 'docs/runbooks/budgets.md',
  },
  {
    name: 'BudgetNearlyUsed',
    summary: 'Of the budget of a key or a tenant 80 % are used',
    condition: 'sum(reeve_budgets_reached_windows{percent="80"}) > 0',
    forMs: 0,
    severity: 'info',
    action: 'See whether it lasts to the end of its window, and tell whoever it is for.',
    owner: 'operations',
    runbook: 'docs/runbooks/budgets.md',
  },
];
