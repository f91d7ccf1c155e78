import type { Logger } from '../../log/logger.ts';

const firstProbeMs = 50;
const longestProbeMs = 5_000;

/**
 * Whether the database can store, and the way back when it cannot: a probe after 50 ms, then after twice as long each
 * time, at most 5 s. Only a group that was committed makes the interval short again, so that a disk with room for a
 * probe but not for work is not asked in a tight loop.
 */
export class Recovery {
  #reason: string | undefined;
  #delayMs = firstProbeMs;
  #timer: NodeJS.Timeout | undefined;
  readonly #probe: () => void;
  readonly #log: Logger | undefined;

  constructor(probe: () => void, log: Logger | undefined) {
    this.#probe = probe;
    this.#log = log;
  }

  /** Why nothing can be stored; `undefined` when it can. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** A retry before this time is pointless. */
  get retryAfterMs(): number {
    return this.#delayMs;
  }

  failed(reason: string): void {
    if (this.#reason === undefined) this.#log?.error({ reason }, 'the database cannot store');
    this.#reason = reason;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#sendProbe(), this.#delayMs);
    this.#delayMs = Math.min(this.#delayMs * 2, longestProbeMs);
  }

  /** The probe's answer; `reason` when it failed. */
  probed(reason: string | undefined): void {
    if (reason !== undefined) this.failed(reason);
    else this.#works();
  }

  committed(): void {
    this.#delayMs = firstProbeMs;
    this.#works();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #works(): void {
    if (this.#reason !== undefined) this.#log?.info({}, 'the database can store again');
    this.#reason = undefined;
  }

  #sendProbe(): void {
    this.#timer = undefined;
    this.#probe();
  }
}
