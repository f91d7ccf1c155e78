import { describe } from 'vitest';
import { needs } from '../../../../tests/house/needs.ts';
import { onPostgres } from '../kit/new-database.ts';

// What the market promises holds on PostgreSQL as on SQLite: the same tests, on the other database.

describe('[LD-12 postgres] [FD-12 databases] on PostgreSQL', needs('postgres'), async () => {
  onPostgres();
  await import('../budgets/budget-book.test.ts');
  await import('../budgets/budgeted-answer.test.ts');
  await import('../receipts/intake.test.ts');
  await import('../pricing/trace.test.ts');
  await import('../profit/report.test.ts');
});
