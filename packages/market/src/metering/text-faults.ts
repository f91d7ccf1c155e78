import type { ReceiptEvidence } from '../api/receipts.ts';
import { requestHash, ResponseHash } from './text-hashes.ts';

export interface ReceiptTexts {
  /** JSON text of the body that was sent. */
  readonly request?: string;
  /** What came back: the body, or the events of a stream as they came. */
  readonly response?: string;
}

/** In words, which texts are not those that the receipt is about. */
export function textFaults({ receipt, salt }: ReceiptEvidence, { request, response }: ReceiptTexts): string[] {
  if (salt === undefined) return ['it has no salt, so texts cannot be compared with it'];
  const faults: string[] = [];
  if (request !== undefined && hashOfRequest(salt, request) !== receipt.requestHash)
    faults.push('the request is not the one that was answered');
  if (response !== undefined && hashOfResponse(salt, response) !== receipt.responseHash)
    faults.push('the response is not the one that was given');
  return faults;
}

function hashOfRequest(salt: `0x${string}`, request: string): string | undefined {
  try {
    return requestHash(salt, JSON.parse(request));
  } catch {
    return undefined; // not JSON, so nothing that was answered
  }
}

function hashOfResponse(salt: `0x${string}`, response: string): string {
  const hash = new ResponseHash(salt);
  if (!response.startsWith('data:')) {
    hash.piece(response);
    return hash.digest();
  }
  for (const line of response.split(/\r?\n/)) {
    const event = line.startsWith('data:') ? line.slice('data:'.length).trimStart() : '';
    if (event !== '' && event !== '[DONE]') hash.chunk(event);
  }
  return hash.digest();
}
