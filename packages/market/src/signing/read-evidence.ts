import { ReceiptEvidence } from '../api/receipts.ts';

/** One line of an exported file; a fault in words when it is none. */
export function readEvidence(line: string): ReceiptEvidence | { readonly fault: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'it is not JSON' };
  }
  const parsed = ReceiptEvidence.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  return { fault: `it is no evidence of a receipt: ${path.join('.') || 'the line'} ${message}` };
}
