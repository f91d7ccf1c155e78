import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { defineError } from '@reeve/kernel';
import type { Trace } from '@reeve/market';
import { TraceHead, TraceRequest } from '@reeve/market/api';

export const TraceUnreadable = defineError({
  code: 'trace_unreadable',
  class: 'invalid',
  title: 'The file is no trace of traffic',
  meaning:
    'A trace is lines of JSON as `reeve market trace record` writes them: what was offered first, then one line for each request.',
  remedy: 'Record one with `reeve market trace record --out FILE`; the message names the line that is none.',
});

export interface TraceFile extends Trace {
  /** Of its bytes. */
  readonly sha256: string;
}

/** @throws TraceUnreadable that names the line */
export async function readTraceFile(path: string): Promise<TraceFile> {
  const hash = createHash('sha256');
  const requests: TraceRequest[] = [];
  let head: TraceHead | undefined;
  for await (const { number, text } of linesOf(path)) {
    hash.update(`${text}\n`);
    if (head === undefined) head = parsed(TraceHead, text, number);
    else requests.push(parsed(TraceRequest, text, number));
  }
  if (head === undefined) throw TraceUnreadable.error(`${path} is empty`);
  if (requests.length === 0) throw TraceUnreadable.error(`${path} holds no request: there is nothing to replay`);
  return { requests, offers: head.offers, sha256: hash.digest('hex') };
}

async function* linesOf(path: string): AsyncGenerator<{ number: number; text: string }> {
  const input = createReadStream(path);
  let number = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity }))
      if (text !== '') yield { number: ++number, text };
  } catch (cause) {
    if (!(cause instanceof Error) || !('syscall' in cause)) throw cause;
    throw TraceUnreadable.error(`${path} cannot be read: ${cause.message}`, { cause });
  }
}

function parsed<Value>(
  schema: {
    safeParse(
      value: unknown,
    ):
      | { success: true; data: Value }
      | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
  },
  text: string,
  number: number,
): Value {
  const result = schema.safeParse(valueOf(text, number));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw TraceUnreadable.error(`line ${number}: ${issue!.path.join('.')} ${issue!.message}`);
}

function valueOf(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw TraceUnreadable.error(`line ${number} is no JSON`, { cause });
  }
}
