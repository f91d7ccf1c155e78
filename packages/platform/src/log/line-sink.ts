import { openSync, write, writeSync } from 'node:fs';

/** Where finished lines go, each with its line feed. */
export interface LineDestination {
  write(line: string): void;
}

export interface LineSink extends LineDestination {
  /** Resolves when everything written so far has left the process, or could not. */
  flush(): Promise<void>;
  /** Writes what is left without returning to the event loop: for the very end of a process. */
  flushSync(): void;
  /** Lines that could not be written: destination broken, disk full, or reader too slow. */
  readonly lostLines: number;
}

/** What a reader may be behind before lines are dropped instead of filling the memory. */
const maxPendingBytes = 8 * 1024 * 1024;
/** A full pipe or a busy device is asked again after this long. */
const busyRetryMs = 50;

/**
 * Writes lines to a file descriptor from the thread pool, so that a slow reader of the log never stops the event loop.
 * Lines written while one write is under way leave together in the next. A destination that fails loses lines, counts
 * them and says so once it works again; it never throws.
 */
export class DescriptorSink implements LineSink {
  readonly #fd: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #underWay: Buffer | undefined;
  #lost = 0;
  #reportedLost = 0;
  #idle: Array<() => void> = [];

  constructor(fd: number) {
    this.#fd = fd;
  }

  get lostLines(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#pendingBytes + line.length > maxPendingBytes) {
      this.#lost += 1;
      return;
    }
    this.#pending.push(line);
    this.#pendingBytes += line.length;
    if (this.#underWay === undefined) this.#writeNext();
  }

  flush(): Promise<void> {
    if (this.#underWay === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  flushSync(): void {
    if (this.#pending.length === 0) return;
    // The write under way belongs to the thread pool; it gets the moment it needs, so that lines keep their order.
    if (this.#underWay !== undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    const rest = this.#takePending();
    try {
      for (let from = 0; from < rest.length;) from += writeSync(this.#fd, rest, from);
    } catch {
      this.#lost += 1;
    }
  }

  #takePending(): Buffer {
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  #writeNext(): void {
    if (this.#pending.length === 0) {
      this.#underWay = undefined;
      for (const resolve of this.#idle.splice(0)) resolve();
      return;
    }
    const lines = this.#pending.length;
    this.#underWay = this.#takePending();
    this.#writeOut(this.#underWay, lines);
  }

  #writeOut(bytes: Buffer, lines: number): void {
    write(this.#fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN' || error?.code === 'EBUSY') {
        setTimeout(() => this.#writeOut(bytes, lines), busyRetryMs).unref();
      } else if (error) {
        this.#lost += lines;
        this.#writeNext();
      } else if (written < bytes.length) {
        this.#writeOut(bytes.subarray(written), lines);
      } else {
        this.#reportLost();
        this.#writeNext();
      }
    });
  }

  /** Called when the destination works: says how much is missing before this place. */
  #reportLost(): void {
    if (this.#lost === this.#reportedLost) return;
    const facts = { level: 'warn', time: new Date().toISOString(), lostLines: this.#lost - this.#reportedLost };
    this.#reportedLost = this.#lost;
    this.#pending.unshift(`${JSON.stringify({ ...facts, message: 'log lines were lost here' })}\n`);
  }
}

/** @param destination a file descriptor, or the path of a file to append to. */
export function openSink(destination: number | string): LineSink {
  return new DescriptorSink(typeof destination === 'number' ? destination : openSync(destination, 'a', 0o600));
}
