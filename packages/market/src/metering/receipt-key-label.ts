/** Label of an agent's offer that names the address of the key under which its receipts are. */
export const receiptKeyLabel = 'reeve/receipt-key';
