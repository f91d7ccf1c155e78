import type { ServerResponse } from 'node:http';

/** Knows the requests under way, and tells when there is none. */
export class UnderWay {
  /** With the time at which their answer was first seen to be complete but not taken. */
  readonly #open = new Map<ServerResponse, number | undefined>();
  #none: Array<() => void> = [];

  get count(): number {
    return this.#open.size;
  }

  begin(response: ServerResponse): void {
    this.#open.set(response, undefined);
  }

  end(response: ServerResponse): void {
    this.#open.delete(response);
    if (this.#open.size > 0) return;
    for (const resolve of this.#none.splice(0)) resolve();
  }

  /** Resolves when no request is under way, or after `atMostMs`; whether none is. */
  async none(atMostMs: number): Promise<boolean> {
    if (this.count === 0) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#none.push(resolve);
    const timeout = setTimeout(resolve, atMostMs);
    await promise;
    clearTimeout(timeout);
    return this.count === 0;
  }

  /**
   * Cuts the connections of callers who do not take their answer: one that is complete and has waited for longer than
   * `atMostMs` since it was first seen so. Streams, whose answer is not complete, are not its business.
   * @returns how many.
   */
  cutStalled(nowMs: number, atMostMs: number): number {
    let cut = 0;
    for (const [response, sinceMs] of this.#open) {
      if (!response.writableEnded) continue;
      if (sinceMs === undefined) this.#open.set(response, nowMs);
      else if (nowMs - sinceMs >= atMostMs) {
        response.destroy();
        cut += 1;
      }
    }
    return cut;
  }
}
