import { agentProtocol } from '@reeve/hub/api';
import { EmitRefused } from '../errors.ts';

/** Chunks that a handler may have emitted without awaiting and that wait for credit, in UTF-16 units. */
const backlogLimitUnits = 16 * agentProtocol.initialCredit;
/** Most chunks of one frame. */
const framePieces = 10_000;

interface Chunk {
  /** As JSON text, ready for the frame. */
  readonly json: string;
  readonly units: number;
}

interface Waiter {
  resolve(): void;
  reject(reason: Error): void;
}

const ready = Promise.resolve();

/**
 * A promise that may reject without anybody looking. A handler that does not await its `emit` must not bring the
 * process down when its lease is lost; one that awaits still gets the rejection.
 */
function lookedAt(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}

export function rejected(reason: Error): Promise<never> {
  return lookedAt(Promise.reject(reason)) as Promise<never>;
}

/**
 * The chunks of one attempt on their way to the hub. Those at the front have been sent and wait for credit, which
 * means: for the reader; they are kept, so that they can be sent again after a reconnect. Those behind wait until
 * there is credit for them.
 */
export class OutgoingStream {
  #chunks: Chunk[] = [];
  /** Number of the chunk at the front. */
  #firstIndex = 0;
  /** Chunks from the front that the current connection has been given. */
  #sent = 0;
  /** Chunks from the front that credit allows to send. */
  #granted = 0;
  /** Units of granted chunks that have not been credited. */
  #openUnits = 0;
  /** Units of the front chunk that have been credited already. */
  #creditedOfFirst = 0;
  #backlogUnits = 0;
  #waiters: Waiter[] = [];

  /**
   * Takes a chunk; the promise is that of `TaskContext.emit`.
   * @throws ReeveError `emit_refused` for a chunk that can never be sent.
   */
  push(text: string): Promise<void> {
    if (typeof text !== 'string') throw EmitRefused.error(`a chunk must be a string, not a ${typeof text}`);
    const units = text.length;
    this.#refuse(units);
    this.#chunks.push({ json: JSON.stringify(text), units });
    this.#backlogUnits += units;
    this.#grant();
    if (this.#isOpen()) return ready;
    return lookedAt(new Promise((resolve, reject) => this.#waiters.push({ resolve, reject })));
  }

  #refuse(units: number): void {
    if (units > agentProtocol.initialCredit) {
      const limit = `the window of ${agentProtocol.initialCredit}`;
      throw EmitRefused.error(`a chunk of ${units} UTF-16 units is larger than ${limit}`);
    }
    if (this.#backlogUnits + units > backlogLimitUnits)
      throw EmitRefused.error('too many chunks wait for credit; await every emit');
  }

  /** Whether the next chunk may go: nothing waits, and there is credit left. */
  #isOpen(): boolean {
    return this.#granted === this.#chunks.length && this.#openUnits < agentProtocol.initialCredit;
  }

  #grant(): void {
    while (this.#granted < this.#chunks.length) {
      const { units } = this.#chunks[this.#granted]!;
      if (this.#openUnits + units > agentProtocol.initialCredit) return;
      this.#openUnits += units;
      this.#backlogUnits -= units;
      this.#granted++;
    }
  }

  /** The reader took `amount` units. More than is open can come after a reconnect, and counts for what is open only. */
  credit(amount: number): void {
    let credited = this.#creditedOfFirst + Math.min(amount, this.#openUnits);
    this.#openUnits -= credited - this.#creditedOfFirst;
    let done = 0;
    while (done < this.#granted && this.#chunks[done]!.units <= credited) credited -= this.#chunks[done++]!.units;
    this.#creditedOfFirst = credited;
    this.#forget(done);
    this.#grant();
    if (this.#isOpen()) for (const waiter of this.#waiters.splice(0)) waiter.resolve();
  }

  #forget(count: number): void {
    if (count === 0) return;
    this.#chunks.splice(0, count);
    this.#firstIndex += count;
    this.#granted -= count;
    this.#sent = Math.max(0, this.#sent - count);
  }

  /** The connection is new: everything that was sent and not credited goes again. */
  rewind(): void {
    this.#sent = 0;
  }

  /** Whether all chunks have been given to the connection, so that the result may follow. */
  get flushed(): boolean {
    return this.#sent === this.#chunks.length;
  }

  /** The next chunks that may be sent, as `"index":…,"data":[…]`; undefined when there are none. */
  takeUnsent(): string | undefined {
    if (this.#sent === this.#granted) return undefined;
    const end = Math.min(this.#granted, this.#sent + framePieces);
    const index = this.#firstIndex + this.#sent;
    let data = this.#chunks[this.#sent]!.json;
    for (let at = this.#sent + 1; at < end; at++) data += ',' + this.#chunks[at]!.json;
    this.#sent = end;
    return `"index":${index},"data":[${data}]`;
  }

  /** The attempt has failed: what waits for credit is not worth waiting for. What was granted still goes. */
  dropWaiting(reason: Error): void {
    this.#chunks.length = this.#granted;
    this.#backlogUnits = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }

  /** Nobody wants the stream any more. */
  abandon(reason: Error): void {
    this.#chunks = [];
    this.#sent = this.#granted = 0;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
  }
}
