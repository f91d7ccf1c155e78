export { Budget, listBudgets, removeBudget, setBudget } from './budgets.ts';
export { listModels, Model, showModel } from './models.ts';
export { listOffers, Offer } from './offers.ts';
export { showUsage } from './usage.ts';
export { ReceiptEvidence } from './receipts.ts';
export {
  exportReceipts,
  listReceiptFaults,
  listReceipts,
  showReceipt,
  showReceiptPosition,
  submitReceipts,
} from './receipt-operations.ts';
export { marketOperations } from './operations.ts';
export { explainMarket } from './explain-operation.ts';
export { PricingModel } from './pricing.ts';
export { readTrace, TraceRequest } from './trace.ts';
export { TraceHead } from './trace-file.ts';
export { PricingPrediction } from './simulation.ts';
export { Routing } from './routing.ts';
