import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Logger } from '../log/index.ts';

/** Spans of one request to the endpoint. */
const batchSpans = 512;
/** How long spans wait for company, and after a failure for the endpoint to come back: twice as long each time. */
const pauseMs = 1_000;
const longestPauseMs = 30_000;
/** What the end of the process waits for the last spans. */
const lastExportMs = 2_000;

export interface SpanQueueParts {
  readonly exporter: SpanExporter;
  /** Spans that wait at most; further ones are dropped. */
  readonly limitSpans: number;
  readonly count: (outcome: 'exported' | 'dropped_full' | 'dropped_failed', spans: number) => void;
  readonly log: Logger;
}

/**
 * Ended spans on their way to the endpoint: a bounded queue, one request at a time. Whoever ends a span never waits; an
 * endpoint that is slow, away or broken costs spans, which are counted, and nothing else.
 */
export class SpanQueue implements SpanProcessor {
  readonly #parts: SpanQueueParts;
  #waiting: ReadableSpan[] = [];
  #exporting: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Requests that failed since one succeeded. */
  #failures = 0;
  #closed = false;

  constructor(parts: SpanQueueParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#waiting.length;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    if (this.#closed || this.#waiting.length >= this.#parts.limitSpans) return this.#parts.count('dropped_full', 1);
    this.#waiting.push(span);
    this.#schedule();
  }

  /** Sends what waits, as long as the endpoint takes it. */
  async forceFlush(): Promise<void> {
    await this.#exporting;
    while (this.#waiting.length > 0) {
      await this.#export();
      if (this.#failures > 0) return;
    }
  }

  async shutdown(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.race([this.forceFlush(), new Promise((resolve) => setTimeout(resolve, lastExportMs).unref())]);
    this.#parts.count('dropped_failed', this.#waiting.splice(0).length);
    await this.#parts.exporter.shutdown();
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#exporting !== undefined) return;
    const isFull = this.#failures === 0 && this.#waiting.length >= batchSpans;
    const delayMs = isFull ? 0 : Math.min(pauseMs * 2 ** this.#failures, longestPauseMs);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#export();
    }, delayMs).unref();
  }

  #export(): Promise<void> {
    const batch = this.#waiting.splice(0, batchSpans);
    this.#exporting = new Promise<void>((resolve) => {
      this.#parts.exporter.export(batch, (result) => {
        this.#exported(batch.length, result);
        resolve();
      });
    }).finally(() => {
      this.#exporting = undefined;
      if (this.#waiting.length > 0) this.#schedule();
    });
    return this.#exporting;
  }

  #exported(spans: number, { code, error }: ExportResult): void {
    const { count, log } = this.#parts;
    if (code === ExportResultCode.SUCCESS) {
      if (this.#failures > 0) log.info({ spans }, 'spans are exported again');
      this.#failures = 0;
      return count('exported', spans);
    }
    if (this.#failures === 0) log.warn({ reason: error?.message }, 'spans cannot be exported and are dropped');
    this.#failures += 1;
    count('dropped_failed', spans);
  }
}
