import type { ReceiptFields } from '../../api/receipts.ts';
import type { Receipt } from './receipt.ts';

/** A receipt as JSON carries it: amounts as decimal digits. */
export function receiptJson(receipt: Receipt): ReceiptFields {
  return {
    ...receipt,
    priceInputMicroUsd: `${receipt.priceInputMicroUsd}`,
    priceOutputMicroUsd: `${receipt.priceOutputMicroUsd}`,
    costPicoUsd: `${receipt.costPicoUsd}`,
  };
}

export function receiptOf(fields: ReceiptFields): Receipt {
  return {
    ...fields,
    priceInputMicroUsd: BigInt(fields.priceInputMicroUsd),
    priceOutputMicroUsd: BigInt(fields.priceOutputMicroUsd),
    costPicoUsd: BigInt(fields.costPicoUsd),
  };
}
