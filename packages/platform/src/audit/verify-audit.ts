import { setImmediate } from 'node:timers/promises';
import { findFault, recordHash, type AuditFault, type ChainHead } from './find-fault.ts';
import { genesisHash } from './record-text.ts';
import type { AuditTableRow } from './store/audit-table.ts';
import { readRecords, type AuditSource } from './store/records.ts';

export interface VerifyOptions {
  /**
   * Heads exported earlier, kept where who could write the database could not: only with them are a tail that was cut
   * off, and a chain that was computed anew from some record on, visible.
   */
  readonly expectedHeads?: readonly ChainHead[];
  /** Where the chain begins, when older records were removed on purpose; whoever gives it has checked its signature. */
  readonly anchor?: ChainHead | undefined;
  /** Called after each page with the number of records found right so far. */
  readonly onProgress?: (records: number) => void;
  readonly signal?: AbortSignal | undefined;
  readonly pageSize?: number;
}

export type AuditVerdict =
  | { readonly ok: true; readonly records: number; readonly head: ChainHead }
  | { readonly ok: false; readonly records: number; readonly fault: AuditFault };

/**
 * Walks the audit chain from its first record, or its anchor, and tells the first that is wrong and how. Lets other work run between
 * pages; about 250,000 records a second.
 */
export async function verifyAudit(db: AuditSource, options: VerifyOptions = {}): Promise<AuditVerdict> {
  const { expectedHeads = [], anchor, onProgress, signal, pageSize = 500 } = options;
  const walk = new ChainWalk(expectedHeads, anchor);
  for (;;) {
    signal?.throwIfAborted();
    const page = await readRecords(db, walk.head.sequence, pageSize);
    const wrong = page.find((row) => !walk.accept(row));
    if (wrong !== undefined)
      return { ok: false, records: walk.head.sequence, fault: await findFault(db, walk.head, wrong) };
    if (walk.headFault !== undefined) return { ok: false, records: walk.head.sequence, fault: walk.headFault };
    onProgress?.(walk.head.sequence);
    if (page.length < pageSize) break;
    await setImmediate();
  }
  const cut = walk.cutTail();
  if (cut !== undefined) return { ok: false, records: walk.head.sequence, fault: cut };
  return { ok: true, records: walk.head.sequence, head: walk.head };
}

class ChainWalk {
  head: ChainHead;
  headFault: AuditFault | undefined;
  /** Hashes that are known from heads, by the number of their record. */
  readonly #expected: Map<number, string>;
  readonly #lastExpected: number;

  constructor(expected: readonly ChainHead[], anchor: ChainHead = { sequence: 0, hash: genesisHash }) {
    this.head = anchor;
    this.#expected = new Map(expected.map(({ sequence, hash }) => [sequence, hash]));
    this.#lastExpected = Math.max(0, ...this.#expected.keys());
    this.#compare(anchor);
  }

  /** Whether the row is the right successor of the head; then it is the new head. */
  accept(row: AuditTableRow): boolean {
    if (row.sequence !== this.head.sequence + 1 || row.previous_hash !== this.head.hash) return false;
    if (recordHash(row) !== row.hash) return false;
    this.head = { sequence: row.sequence, hash: row.hash };
    this.#compare(this.head);
    return true;
  }

  cutTail(): AuditFault | undefined {
    if (this.#lastExpected <= this.head.sequence) return undefined;
    const first = this.head.sequence + 1;
    const message = `records ${first} to ${this.#lastExpected}, known from the expected head, are missing at the end`;
    return { sequence: first, kind: 'tailCut', message };
  }

  #compare({ sequence, hash }: ChainHead): void {
    const expected = this.#expected.get(sequence);
    if (expected !== undefined && expected !== hash) this.headFault ??= rewritten(sequence);
  }
}

function rewritten(sequence: number): AuditFault {
  const message = `the chain is consistent, but its hash at record ${sequence} is not the expected one: it was computed anew`;
  return { sequence, kind: 'rewritten', message };
}
