import { listBudgets, removeBudget, setBudget } from './budgets.ts';
import { explainMarket } from './explain-operation.ts';
import { estimateCost } from './estimate.ts';
import { listModels, showModel } from './models.ts';
import { listOffers } from './offers.ts';
import {
  exportReceipts,
  listReceiptFaults,
  listReceipts,
  showReceipt,
  showReceiptPosition,
  submitReceipts,
} from './receipt-operations.ts';
import { showReport } from './report.ts';
import { readTrace } from './trace.ts';
import { showUsage } from './usage.ts';

/** Every operation of the market that does not stream, in the order people see them. */
export const marketOperations = [
  listModels,
  showModel,
  listOffers,
  explainMarket,
  estimateCost,
  showReport,
  readTrace,
  setBudget,
  listBudgets,
  removeBudget,
  listReceipts,
  showReceipt,
  exportReceipts,
  listReceiptFaults,
  showReceiptPosition,
  submitReceipts,
  showUsage,
] as const;
