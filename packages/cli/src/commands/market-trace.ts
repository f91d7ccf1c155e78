import { open, type FileHandle } from 'node:fs/promises';
import type { Client } from '@reeve/sdk';
import type { ConnectionFlags } from '../connection.ts';
import { UsageError } from '../errors.ts';
import { ProgressLine } from '../progress-line.ts';
import type { Session } from '../session.ts';

export interface TraceRecordFlags extends ConnectionFlags {
  readonly out: string;
  readonly from?: string;
  readonly to?: string;
}

/** `reeve market trace record`: what is offered now, then every recorded request, as lines of JSON in a new file. */
export async function recordTrace(session: Session, { out, from, to, ...flags }: TraceRecordFlags): Promise<void> {
  const client = await session.connect(flags, 'user');
  const offers = await offersOf(client);
  if (offers.length === 0) throw UsageError.error('no node offers a model: there is nothing to replay traffic on');
  const file = await open(out, 'wx').catch((cause: Error) => {
    throw UsageError.error(`${out} cannot be written: ${cause.message}`, { cause });
  });
  try {
    await file.write(`${JSON.stringify({ format: 'reeve.trace.v1', recordedAtMs: Date.now(), offers })}\n`);
    const requests = await writeRequests(client, file, { from, to });
    await file.sync();
    session.terminal.note(`${requests} requests and ${offers.length} offers in ${out}`);
  } finally {
    await file.close();
  }
}

async function offersOf(client: Client): Promise<object[]> {
  const offers: object[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.market.offers({ limit: 500, cursor });
    for (const { node, model, priceInputMicroUsd, priceOutputMicroUsd, maxConcurrency } of page.items)
      offers.push({ node, model, priceInputMicroUsd, priceOutputMicroUsd, maxConcurrency });
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return offers;
}

async function writeRequests(
  client: Client,
  file: FileHandle,
  { from, to }: { from: string | undefined; to: string | undefined },
): Promise<number> {
  const progress = new ProgressLine();
  let written = 0;
  let cursor: string | undefined;
  do {
    const page = await client.market.trace({ limit: 500, cursor, ...(from && { from }), ...(to && { to }) });
    await file.write(page.items.map((request) => `${JSON.stringify(request)}\n`).join(''));
    written += page.items.length;
    progress.show(`${written} requests`);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  progress.clear();
  return written;
}
