/** Fences below this many per start of the hub; 2^53 / 2^32 starts are possible. */
const fencesPerEpoch = 2 ** 32;

/**
 * Gives fencing tokens: unique and growing over every lease of every start of the hub. The epoch was counted up durably
 * before the first one, so a token given but not yet written down when the hub was killed is never given again.
 */
export class Fences {
  #next: number;

  constructor(epoch: number) {
    this.#next = epoch * fencesPerEpoch;
  }

  take(): number {
    return ++this.#next;
  }
}
