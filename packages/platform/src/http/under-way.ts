/** Counts the requests under way, and tells when there is none. */
export class UnderWay {
  count = 0;
  #none: Array<() => void> = [];

  begin(): void {
    this.count += 1;
  }

  end(): void {
    this.count -= 1;
    if (this.count > 0) return;
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
}
