import { totalmem } from 'node:os';
import { NodeShortOfMemory } from './errors.ts';

/** Used share of the memory this process may use, 0..1: of its container when it has a limit, else of the machine. */
export function usedMemoryShare(): number {
  const constrained = process.constrainedMemory();
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return 1 - Math.min(1, process.availableMemory() / total);
}

/** How long a reading counts: it takes a few file reads, which not every request has to pay. */
const readingMs = 250;

/** Takes no work while memory is short: the next request would end those that are under way. */
export class MemoryGuard {
  readonly #limitShare: number;
  readonly #usedShare: () => number;
  #share = 0;
  #readAtMs = -Infinity;

  constructor(limitShare: number, usedShare: () => number = usedMemoryShare) {
    this.#limitShare = limitShare;
    this.#usedShare = usedShare;
  }

  /** @throws NodeShortOfMemory, which sends the request to another node. */
  check(): void {
    const nowMs = performance.now();
    if (nowMs - this.#readAtMs >= readingMs) {
      this.#share = this.#usedShare();
      this.#readAtMs = nowMs;
    }
    if (this.#share <= this.#limitShare) return;
    const [used, limit] = [this.#share, this.#limitShare].map((share) => `${Math.round(share * 100)} %`);
    throw NodeShortOfMemory.error(`the memory of the node is used to ${used}, and it takes work up to ${limit}`);
  }
}
