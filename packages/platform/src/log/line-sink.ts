import { openSync, writeSync } from 'node:fs';

/** Where finished lines go, each with its line feed. */
export interface LineDestination {
  write(line: string): void;
}

export interface LineSink extends LineDestination {
  /** Resolves when everything written so far has left the process, or is lost. */
  flush(): Promise<void>;
  /** Writes what is left without returning to the event loop: for the very end of a process. Bounded in time. */
  flushSync(): void;
  /** Lines that could not be written: destination broken, disk full, or reader too slow. */
  readonly lostLines: number;
}

/** How far a reader may be behind before lines are dropped instead of filling the memory: about 8 MiB of text. */
const maxPendingLength = 8 * 1024 * 1024;
/** A full pipe (64 KiB) is tried again after this long: with a reader that keeps up, 13 MB of log in a second. */
const busyRetryMs = 5;
/** At the end of the process a full pipe gets this long to be read, then the rest is lost. */
const lastWaitMs = 500;
const lineFeed = 10;

/**
 * Writes lines to a file descriptor, those of one turn of the event loop together. Standard output is non-blocking when
 * it is a pipe: one that nobody reads neither stops the event loop nor the end of the process. (Writes through the
 * thread pool were tried: a pipe that nobody reads then holds the exit of the process for ever.) A destination that
 * fails loses lines, counts them, and the log says so once it works again; nothing here throws.
 */
export class DescriptorSink implements LineSink {
  readonly #fd: number;
  readonly #format: (line: string) => string;
  #lines: string[] = [];
  #linesLength = 0;
  /** What a full pipe has not taken yet. */
  #rest: Buffer = Buffer.alloc(0);
  #scheduled = false;
  #torn = false;
  #lost = 0;
  #reportedLost = 0;
  /** Reports on lost lines among what is not written yet; they are no lines of the log themselves. */
  #reportsPending = 0;
  #waiting: Array<() => void> = [];

  constructor(fd: number, format: (line: string) => string = (line) => line) {
    this.#fd = fd;
    this.#format = format;
  }

  get lostLines(): number {
    return this.#lost;
  }

  write(line: string): void {
    if (this.#linesLength + this.#rest.length + line.length > maxPendingLength) {
      this.#lost += 1;
      return;
    }
    if (this.#lost > this.#reportedLost) this.#reportGap();
    this.#append(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#drain());
  }

  flush(): Promise<void> {
    if (!this.#scheduled) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  flushSync(): void {
    const deadlineMs = performance.now() + lastWaitMs;
    while (!this.#writeOut()) {
      if (performance.now() > deadlineMs) return this.#giveUp();
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, busyRetryMs);
    }
  }

  #drain(): void {
    if (!this.#writeOut()) {
      setTimeout(() => this.#drain(), busyRetryMs).unref();
      return;
    }
    this.#scheduled = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** @returns whether nothing is left; false while the destination is busy. */
  #writeOut(): boolean {
    try {
      for (this.#takeLines(); this.#rest.length > 0; this.#takeLines()) {
        const written = writeSync(this.#fd, this.#rest);
        this.#torn = written > 0 && this.#rest[written - 1] !== lineFeed;
        this.#rest = this.#rest.subarray(written);
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN' || code === 'EBUSY') return false;
      this.#giveUp();
    }
    return true;
  }

  #takeLines(): void {
    if (this.#rest.length > 0) return;
    this.#rest = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    this.#linesLength = 0;
    if (this.#rest.length === 0) this.#reportsPending = 0;
  }

  #append(line: string): void {
    this.#lines.push(this.#format(line));
    this.#linesLength += line.length;
  }

  /** Stands where lines are missing; tells all that were lost so far, for an earlier report may be lost itself. */
  #reportGap(): void {
    const facts = { level: 'warn', time: new Date().toISOString(), lostLines: this.#lost };
    if (this.#torn) this.#lines.push('\n');
    this.#append(`${JSON.stringify({ ...facts, message: 'log lines were lost before this one' })}\n`);
    this.#reportedLost = this.#lost;
    this.#reportsPending += 1;
  }

  #giveUp(): void {
    const given = Buffer.concat([this.#rest, Buffer.from(this.#lines.join(''))]);
    this.#lost += Math.max(0, countLines(given) - this.#reportsPending);
    this.#reportsPending = 0;
    this.#rest = Buffer.alloc(0);
    this.#lines = [];
    this.#linesLength = 0;
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (const byte of bytes) if (byte === lineFeed) lines += 1;
  return lines;
}

/** @param destination a file descriptor, or the path of a file to append to. */
export function openSink(destination: number | string, format?: (line: string) => string): LineSink {
  if (typeof destination === 'string') return new DescriptorSink(openSync(destination, 'a', 0o600), format);
  // Node makes a standard stream that is a pipe non-blocking when it is first looked at.
  if (destination === 1) void process.stdout;
  if (destination === 2) void process.stderr;
  return new DescriptorSink(destination, format);
}
