import type { Metrics } from '@reeve/platform';

export interface BudgetMetrics {
  /** A request was refused because of the budget of a request, a day or a month. */
  refused(window: 'request' | 'day' | 'month'): void;
  /** Tells where to read how many budgets have reached 50, 80 and 100 % in their present window. */
  watch(reached: () => Readonly<Record<string, number>>): void;
}

export function createBudgetMetrics(metrics: Metrics): BudgetMetrics {
  const area = 'budgets';
  const refused = metrics.counter({
    area,
    what: 'refused_requests',
    help: 'Requests to models refused because they do not fit into a budget',
    labels: ['window'],
  });
  return {
    refused: (window) => refused.child(window).inc(),
    watch: (read) =>
      metrics.sampledGauges({
        area,
        what: 'reached',
        unit: 'windows',
        help: 'Budgets of a day or month of which so many percent are used',
        label: 'percent',
        read,
      }),
  };
}
