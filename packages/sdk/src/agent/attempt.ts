import type { BlobReference, TaskContext } from '@reeve/hub/api';
import type { ReeveError } from '@reeve/kernel';
import { AttemptAborted, OutputNotJson } from '../errors.ts';
import type { LeaseFrame } from './hub-frames.ts';
import { OutgoingStream, rejected } from './outgoing-stream.ts';

/** Gets a content for an attempt. */
export type FetchBlob = (
  attempt: Pick<TaskContext, 'taskId' | 'fence' | 'signal'>,
  reference: BlobReference,
) => Promise<Uint8Array>;

export interface AttemptParts {
  readonly wantsToSend: (attempt: Attempt) => void;
  readonly fetchBlob: FetchBlob;
}

/**
 * One lease in work: the context its handler sees, and what of it is still to be told to the hub. An attempt is
 * `running`, then `finished` (its result waits for the hub's acknowledgement) or `void` (nobody wants it any more).
 * Made for each lease, so everything a small task does not use is made when first used.
 */
export class Attempt implements TaskContext {
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
  readonly capability: string;
  readonly traceparent: string | undefined;
  /** On the monotonic clock. */
  readonly expiresAtMs: number;
  state: 'running' | 'finished' | 'void' = 'running';
  /** Whether it stands in the outbox already. */
  queued = false;
  /** Why a chunk could not be taken: also a handler that does not await `emit` cannot succeed then. */
  streamFailure: Error | undefined;
  readonly #wantsToSend: (attempt: Attempt) => void;
  readonly #fetchBlob: FetchBlob;
  #stream: OutgoingStream | undefined;
  #progress: string | undefined;
  /** The frame that ends the attempt; kept until the hub has acknowledged it. */
  #result: string | undefined;
  #resultSent = false;
  #controller: AbortController | undefined;
  #abortedFor: ReeveError | undefined;

  constructor(lease: LeaseFrame, expiresAtMs: number, { wantsToSend, fetchBlob }: AttemptParts) {
    this.taskId = lease.taskId;
    this.attempt = lease.attempt;
    this.fence = lease.fence;
    this.capability = lease.capability;
    this.traceparent = lease.traceparent;
    this.expiresAtMs = expiresAtMs;
    this.#wantsToSend = wantsToSend;
    this.#fetchBlob = fetchBlob;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortedFor !== undefined) this.#controller.abort(this.#abortedFor);
    }
    return this.#controller.signal;
  }

  // Bound, so that handlers may take them out of the context.
  readonly emit = (chunk: string): Promise<void> => {
    try {
      if (this.state !== 'running') throw this.#abortedFor ?? AttemptAborted.error('the attempt is over');
      this.#stream ??= new OutgoingStream();
      const taken = this.#stream.push(chunk);
      this.#wantsToSend(this);
      return taken;
    } catch (error) {
      this.streamFailure ??= error as Error;
      return rejected(error as Error);
    }
  };

  readonly blob = (reference: BlobReference): Promise<Uint8Array> => this.#fetchBlob(this, reference);

  readonly progress = (value: unknown): void => {
    if (this.state !== 'running') return;
    const text = JSON.stringify(value);
    if (text === undefined) throw OutputNotJson.error(`a ${typeof value} is no progress value; report plain data`);
    this.#progress = text;
    this.#wantsToSend(this);
  };

  credit(amount: number): void {
    if (this.#stream === undefined) return;
    this.#stream.credit(amount);
    this.#wantsToSend(this);
  }

  /** Ends the attempt with its result frame, given without its head: `"output":…` or `"error":…`. */
  finish(type: 'succeeded' | 'failed' | 'declined', body: string): void {
    this.state = 'finished';
    this.#progress = undefined;
    if (type !== 'succeeded') this.#stream?.dropWaiting(AttemptAborted.error('the attempt has failed'));
    this.#result = `{"type":"${type}",${this.#head()},${body}}`;
    this.#wantsToSend(this);
  }

  /** Tells the handler to stop. */
  abort(reason: ReeveError): void {
    this.#abortedFor = reason;
    this.#controller?.abort(reason);
    this.#stream?.abandon(reason);
  }

  /** The connection is new, so what is unacknowledged has to go again. */
  rewind(): void {
    this.#stream?.rewind();
    this.#resultSent = false;
    this.#wantsToSend(this);
  }

  /** Appends the frames that are to be sent now, in order: progress, chunks, and last the result. */
  takeFrames(into: string[]): void {
    if (this.state === 'void') return;
    if (this.#progress !== undefined) into.push(`{"type":"progress",${this.#head()},"value":${this.#progress}}`);
    this.#progress = undefined;
    for (let data = this.#stream?.takeUnsent(); data !== undefined; data = this.#stream?.takeUnsent())
      into.push(`{"type":"chunks",${this.#head()},${data}}`);
    if (this.#result === undefined || this.#resultSent || this.#stream?.flushed === false) return;
    into.push(this.#result);
    this.#resultSent = true;
  }

  #head(): string {
    return `"taskId":"${this.taskId}","fence":${this.fence}`;
  }
}
