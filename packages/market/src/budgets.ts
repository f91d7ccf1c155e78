import type { Access, BoundOperation } from '@reeve/platform';
import { BudgetBook, type BudgetBookParts } from './services/budgets/budget-book.ts';
import { budgetOperations } from './services/budgets/budget-operations.ts';

export interface Budgets {
  readonly operations: readonly BoundOperation[];
  /** Where the gateway reserves, and the ledger of answers settles. */
  readonly book: BudgetBook;
}

/** What keys and tenants may spend on models. */
export async function createBudgets(
  components: BudgetBookParts & { readonly keys: Pick<Access['keys'], 'find'> },
): Promise<Budgets> {
  const book = await BudgetBook.open(components);
  return { operations: budgetOperations({ ...components, book }), book };
}
