/** How much may be tried again. */
export interface RetryBudgetSettings {
  /** Further attempts for each request, such as 0.2. */
  readonly share: number;
  /** Further attempts per second that there are however few requests come. */
  readonly perSecond: number;
}

/** Says in the details of an error why it was not followed by another attempt. */
export const retryBudgetUsedUp = 'retry_budget';

/** How long a request counts towards what may be tried again. */
const windowSeconds = 10;

/**
 * How many further attempts the requests of one kind may come to: a share of the requests of the last ten seconds, and a few
 * each second, so that a quiet one may be tried again too. Where most requests fail, trying all of them again would bring
 * up to so many times the load as there are attempts, onto what is left of the fleet (Beyer et al., Site Reliability
 * Engineering, 2016, chapter 22; the window and the reserve are Finagle's `RetryBudget`).
 */
export class RetryBudget {
  readonly #settings: RetryBudgetSettings;
  /** For each second of the window, what its requests brought less what was taken. */
  readonly #slots = new Float64Array(windowSeconds);
  #newestSecond = 0;
  /** Sum of the slots. */
  #balance = 0;

  constructor(settings: RetryBudgetSettings) {
    this.#settings = settings;
  }

  /** @param nowMs on the monotonic clock */
  requested(nowMs: number): void {
    this.#add(nowMs, this.#settings.share);
  }

  /** Whether one more attempt may be made at this moment; it is taken by that. */
  take(nowMs: number): boolean {
    this.#forget(nowMs);
    const reserve = this.#settings.perSecond * windowSeconds;
    // A sum of shares is not exact; a billionth of an attempt is not what decides.
    if (this.#balance + reserve < 1 - 1e-9) return false;
    this.spend(nowMs);
    return true;
  }

  /** An attempt is made again whatever the balance says; it counts. */
  spend(nowMs: number): void {
    this.#add(nowMs, -1);
  }

  #add(nowMs: number, amount: number): void {
    this.#forget(nowMs);
    this.#slots[this.#newestSecond % windowSeconds]! += amount;
    this.#balance += amount;
  }

  /** Lets go of what lies before the window. */
  #forget(nowMs: number): void {
    const second = Math.floor(nowMs / 1_000);
    const passed = Math.min(second - this.#newestSecond, windowSeconds);
    for (let ago = 0; ago < passed; ago++) {
      const slot = (second - ago) % windowSeconds;
      this.#balance -= this.#slots[slot]!;
      this.#slots[slot] = 0;
    }
    this.#newestSecond = Math.max(second, this.#newestSecond);
  }
}
