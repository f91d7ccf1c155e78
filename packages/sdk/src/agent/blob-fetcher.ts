import { fetchBlob } from '@reeve/hub/api';
import { checkedContent, exchangeBytes } from '../http/exchange-bytes.ts';
import type { Transport } from '../http/transport.ts';
import type { FetchBlob } from './attempt.ts';

/** Gets contents from the hub under the lease of the attempt that wants them. */
export function blobFetcher(transport: Transport): FetchBlob {
  return ({ taskId, fence, signal }, { $blob: digest }) => {
    const read = (response: Response): Promise<Uint8Array> => checkedContent(response, digest);
    return exchangeBytes(transport, fetchBlob, { taskId, fence, digest }, undefined, read, { signal });
  };
}
