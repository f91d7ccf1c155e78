import type { Clock } from '@reeve/kernel';
import type { Logger } from '@reeve/platform';
import type { Acceptance, SignedBatch } from '../api/receipts.ts';
import type { ReceiptDraft } from './metered-handler.ts';
import type { ReceiptBook, ReceiptPosition } from './receipt-book.ts';

/** A batch is closed this long after its first receipt: with writing and signing it stays below 250 ms. */
const batchDelayMs = 200;
const [firstPauseMs, longestPauseMs] = [250, 30_000];
/** What the hub has accepted is kept here for a month. */
const keptMs = 30 * 86_400_000;

/** The hub, as far as receipts go there. */
export interface ReceiptHub {
  position(signal: AbortSignal): Promise<ReceiptPosition>;
  submit(batch: SignedBatch, signal: AbortSignal): Promise<Acceptance>;
}

export interface ReceiptSenderParts {
  readonly book: ReceiptBook;
  readonly hub: ReceiptHub;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Logger;
}

/**
 * Brings receipts to the hub, one batch after the other, for as long as the node runs. Whatever fails is tried again
 * after a pause, from what the hub says it has: so a hub that lost batches gets them again.
 */
export class ReceiptSender {
  readonly #parts: ReceiptSenderParts;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  /** Where the hub is; undefined until it has said so. */
  #position: ReceiptPosition | undefined;
  #pauseMs = firstPauseMs;

  constructor(parts: ReceiptSenderParts) {
    this.#parts = parts;
  }

  take(draft: ReceiptDraft): void {
    const { book } = this.#parts;
    book.add(draft);
    if (book.waiting % 256 === 0) this.#soon(0);
    else this.#soon(batchDelayMs);
  }

  /** Sends what an earlier run of the node has left behind. */
  start(): void {
    this.#soon(0);
  }

  /** One last round, for as long as `signal` lets it; what remains goes with the next start. */
  async stop(signal: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    const abort = (): void => this.#stopping.abort();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    await this.#round;
    await this.#run().catch((error: unknown) => this.#failed(error));
    this.#stopping.abort();
    clearTimeout(this.#timer);
    signal.removeEventListener('abort', abort);
  }

  /** The earliest moment counts: a round that is to come soon is not put off. */
  #soon(delayMs: number): void {
    if (this.#stopping.signal.aborted || this.#round !== undefined) return;
    if (this.#timer !== undefined && delayMs > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#begin(), delayMs);
  }

  #begin(): void {
    this.#timer = undefined;
    let pauseMs: number | undefined;
    this.#round = this.#run()
      .then(() => void (this.#pauseMs = firstPauseMs))
      .catch((error: unknown) => {
        this.#failed(error);
        pauseMs = this.#pauseMs;
        this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
      })
      .finally(() => {
        this.#round = undefined;
        if (pauseMs !== undefined) this.#soon(pauseMs);
        else if (this.#parts.book.waiting > 0) this.#soon(batchDelayMs);
      });
  }

  async #run(): Promise<void> {
    const { book, hub, clock } = this.#parts;
    const { signal } = this.#stopping;
    if (this.#position === undefined) {
      const position = await hub.position(signal);
      await book.continueAfter(position);
      this.#position = position;
    }
    await book.write(this.#position.chainId);
    for (;;) {
      const batch = await book.after(this.#position.batchSequence);
      if (batch === undefined) return;
      const acceptance = await hub.submit(batch, signal);
      await book.accepted(batch.sequence, acceptance, clock.nowMs() - keptMs);
      this.#position = { ...this.#position, batchSequence: batch.sequence };
    }
  }

  #failed(error: unknown): void {
    this.#position = undefined; // asked again: it may have changed, or be why
    if (this.#stopping.signal.aborted) return;
    const refused = (error as { retryable?: unknown }).retryable === false;
    const { log } = this.#parts;
    if (refused) log.error({ err: error }, 'the hub refuses receipts of this node; nothing after them is paid');
    else log.warn({ err: error }, 'receipts could not be brought to the hub; they are kept and sent later');
  }
}
