import { receipts } from './001-receipts.ts';
import { budgets } from './002-budgets.ts';

export const marketMigrations = [receipts, budgets];
