import type { Access } from '../access/index.ts';
import type { Caller } from '../operations/index.ts';

/** An expired key cuts its connections after at most this long; a revoked one at once. */
const sweepEveryMs = 5_000;

interface Closable {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * Connections that outlive the moment in which their key was checked (streams, upgraded sockets). When the key no
 * longer holds they are cut: otherwise a revoked key would go on reading for as long as it stays connected.
 */
export class LongLived {
  readonly #access: Access;
  readonly #open = new Map<Closable, Caller>();
  readonly #stopListening: () => void;
  readonly #timer: NodeJS.Timeout;

  constructor(access: Access) {
    this.#access = access;
    this.#stopListening = access.onChange(() => this.sweep());
    this.#timer = setInterval(() => this.sweep(), sweepEveryMs).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  add(connection: Closable, caller: Caller): void {
    this.#open.set(connection, caller);
    connection.once('close', () => this.#open.delete(connection));
  }

  sweep(): void {
    for (const [connection, caller] of this.#open) if (!this.#access.stillHolds(caller)) connection.destroy();
  }

  /** Resolves when none is left; cuts those that are after `atMostMs`. Ends the watching. */
  async end(atMostMs: number): Promise<void> {
    const closed = [...this.#open.keys()].map(
      (connection) => new Promise<void>((resolve) => connection.once('close', resolve)),
    );
    const timer = Promise.withResolvers<void>();
    const timeout = setTimeout(timer.resolve, atMostMs);
    await Promise.race([Promise.all(closed), timer.promise]);
    clearTimeout(timeout);
    clearInterval(this.#timer);
    this.#stopListening();
    for (const connection of this.#open.keys()) connection.destroy();
  }
}
