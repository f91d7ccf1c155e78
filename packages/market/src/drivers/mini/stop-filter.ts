/**
 * Holds back text that could be the beginning of a stop sequence, so that no part of one is ever shown.
 * What goes in comes out, up to the first stop sequence.
 */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';
  #stopped = false;

  /** @param stops none of them empty. */
  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** A stop sequence was met; nothing comes out after it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The text that may be shown now. */
  push(text: string): string {
    if (this.#stops.length === 0) return text;
    const all = this.#held + text;
    const stopAt = this.#firstStop(all);
    if (stopAt !== -1) {
      this.#stopped = true;
      this.#held = '';
      return all.slice(0, stopAt);
    }
    const safe = all.length - this.#possibleStart(all);
    this.#held = all.slice(safe);
    return all.slice(0, safe);
  }

  /** What was held back when no more text comes. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #firstStop(text: string): number {
    let first = -1;
    for (const stop of this.#stops) {
      const at = text.indexOf(stop);
      if (at !== -1 && (first === -1 || at < first)) first = at;
    }
    return first;
  }

  /** Length of the longest end of `text` with which a stop sequence begins. */
  #possibleStart(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
