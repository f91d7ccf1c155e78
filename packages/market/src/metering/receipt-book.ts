import type { Clock } from '@reeve/kernel';
import { ExpectationFailed, type Database, type Logger } from '@reeve/platform';
import type { Acceptance, SaltedReceipt, SignedBatch } from '../api/receipts.ts';
import { maxBatchReceipts } from '../domain/receipts/batch.ts';
import { receiptJson } from '../domain/receipts/receipt-json.ts';
import { signedBatch } from './signed-batch.ts';
import {
  deleteOldBatches,
  insertBatch,
  selectBatchAfter,
  selectLastBatch,
  updateAccepted,
  type NodeBatchRow,
} from '../store/node/batches.ts';
import type { ReceiptDraft } from './metered-handler.ts';

/** Drafts that wait to be written, at most; beyond it, receipts are lost, and with them what they are worth. */
const maxDrafts = 100_000;

type NewBatch = Omit<NodeBatchRow, 'acceptance'>;

/** How far a hub has come with the receipts of a node, and for which chain it takes them. */
export interface ReceiptPosition {
  readonly chainId: number;
  readonly batchSequence: number;
  readonly receiptSequence: number;
}

export interface ReceiptBookParts {
  /** The node's own, which nobody else writes. */
  readonly database: Database;
  /** Private key of the node. */
  readonly key: Uint8Array;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
}

/**
 * The receipts of a node, durable before they are signed.
 *
 * A batch is written whole with its numbers, and synced, before its root is signed. So after `kill -9` at any instant the
 * node finds every content that it can have signed, under the same numbers, and signs the same bytes again; what was not
 * yet written has not been signed, is lost, and is never billed.
 */
export class ReceiptBook {
  readonly #parts: ReceiptBookParts;
  #drafts: ReceiptDraft[] = [];
  /** The batch that is being written: whether or not that succeeded, nothing else may ever have its numbers. */
  #next: { readonly row: NewBatch; readonly drafts: number } | undefined;
  #lost = 0;
  /** Numbers of the last batch and receipt that are taken. */
  #batch: number;
  #receipt: number;

  private constructor(parts: ReceiptBookParts, last: Pick<NodeBatchRow, 'sequence' | 'last_receipt'> | undefined) {
    this.#parts = parts;
    this.#batch = last?.sequence ?? 0;
    this.#receipt = last?.last_receipt ?? 0;
  }

  static async open(parts: ReceiptBookParts): Promise<ReceiptBook> {
    const [last] = await parts.database.read<NodeBatchRow>(selectLastBatch.bind({}));
    return new ReceiptBook(parts, last);
  }

  /** Drafts that are not durable yet. */
  get waiting(): number {
    return this.#drafts.length;
  }

  add(draft: ReceiptDraft): void {
    if (this.#drafts.length < maxDrafts) return void this.#drafts.push(draft);
    if (this.#lost++ % 1_000 === 0)
      this.#parts.log.error({ lost: this.#lost }, 'receipts are lost: they cannot be written for too long');
  }

  /**
   * Continues after what the hub has, when that is more: then the book was brought back from an older copy, and the hub
   * holds signatures of ours over numbers that the book does not know.
   */
  async continueAfter({ chainId, batchSequence, receiptSequence }: ReceiptPosition): Promise<void> {
    if (batchSequence <= this.#batch) return;
    const told = { book: this.#batch, hub: batchSequence };
    this.#parts.log.warn(told, 'the hub has receipts of this node that its book lacks: it goes on after them');
    await this.#write(this.#row({ sequence: batchSequence, chain_id: chainId, last_receipt: receiptSequence }, []));
    this.#batch = batchSequence;
    this.#receipt = receiptSequence;
    this.#next = undefined;
  }

  /** Writes what waits as batches. What could not be written keeps its numbers, and is written again by the next call. */
  async write(chainId: number): Promise<void> {
    while (this.#drafts.length > 0) {
      this.#next ??= this.#batchOf(this.#drafts.slice(0, maxBatchReceipts), chainId);
      const { row, drafts } = this.#next;
      await this.#write(row);
      this.#batch = row.sequence;
      this.#receipt = row.last_receipt;
      this.#drafts = this.#drafts.slice(drafts);
      this.#next = undefined;
    }
  }

  #batchOf(drafts: readonly ReceiptDraft[], chainId: number): { row: NewBatch; drafts: number } {
    const receipts = drafts.map(({ receipt, salt }, at) => {
      return { receipt: receiptJson({ ...receipt, sequence: this.#receipt + 1 + at }), salt };
    });
    const numbers = { sequence: this.#batch + 1, last_receipt: this.#receipt + drafts.length };
    return { row: this.#row({ ...numbers, chain_id: chainId }, receipts), drafts: drafts.length };
  }

  #row(numbers: Omit<NewBatch, 'receipts' | 'made_at_ms'>, receipts: readonly SaltedReceipt[]): NewBatch {
    return { ...numbers, receipts: JSON.stringify(receipts), made_at_ms: this.#parts.clock.nowMs() };
  }

  /** The first batch after a number, signed; undefined when there is none. */
  async after(sequence: number): Promise<SignedBatch | undefined> {
    for (let after = sequence; ; after++) {
      const [row] = await this.#parts.database.read<NodeBatchRow>(selectBatchAfter.bind({ after }));
      if (row === undefined) return undefined;
      const receipts = JSON.parse(row.receipts) as SaltedReceipt[];
      if (receipts.length === 0) continue; // it only moved the numbers on
      return signedBatch(this.#parts.key, { chainId: row.chain_id, sequence: row.sequence, receipts });
    }
  }

  /** Keeps the hub's signature; removes what it has signed for before `keptSinceMs`. */
  async accepted(sequence: number, acceptance: Acceptance, keptSinceMs: number): Promise<void> {
    const statements = [
      updateAccepted.bind({ sequence, acceptance: JSON.stringify(acceptance) }),
      deleteOldBatches.bind({ below: sequence, before: keptSinceMs }),
    ];
    await this.#parts.database.commit({ statements });
  }

  async #write(row: NewBatch): Promise<void> {
    try {
      await this.#parts.database.commit({ statements: [{ ...insertBatch.bind(row), expectRows: 1 }] });
    } catch (error) {
      // Written before, by a call that could not know whether it was: nobody else writes here, so it is the same.
      if (!ExpectationFailed.is(error) || !(await this.#isWritten(row))) throw error;
    }
  }

  async #isWritten({ sequence, receipts }: NewBatch): Promise<boolean> {
    const [row] = await this.#parts.database.read<NodeBatchRow>(selectBatchAfter.bind({ after: sequence - 1 }));
    return row?.sequence === sequence && row.receipts === receipts;
  }
}
